/** Everything about one photo, in a dialog. */

import { photoUrl, readView, request, sourceOf } from "../server/api.js";
import { sourcesOf, stringify } from "../server/json.js";
import { showBoxes } from "../boxes/box-choice.js";
import { h } from "../shared/dom.js";
import { bytes, clock, counted } from "../shared/format.js";
import { rawJson } from "./raw.js";
import { fullResult } from "./result.js";
import { silence } from "../list/row.js";
import { groupOf, isFinal, jobState, modelsOf, stateOf, wordOf } from "../list/states.js";

/** @typedef {import("../list/photos.js").Photo} Photo */
/** @typedef {import("../server/api.js").Job} Job */
/** @typedef {import("../server/api.js").ImageView} ImageView */

/** How wide a picture is shown. The photo itself may be a hundred times as large, and is opened by a link. */
const WIDTH = 640;

/** How often the server is asked why a photo is not done. */
const ASK_MS = 2_500;

export class Detail {
  /** @type {Photo | undefined} */
  #photo;
  #title = h("h2", { id: "detail-title" });
  #state = h("span", { class: "state" });
  #facts = h("p", { class: "facts" });
  #view = h("div", { class: "view" });
  #notes = h("div", { class: "notes" });
  #boxes = h("div", { class: "box-choice" });
  #models = h("div", { class: "models", tabindex: 0, role: "region", "aria-label": "Results" });
  #actions = h("div", { class: "actions" });
  #asking = 0;
  /** Why each unfinished job is not done, by its model. @type {Record<string, string | undefined>} */
  #why = {};
  /** What is shown, so that what is being read, or has the focus, is not made anew. @type {unknown[]} */
  #shown = [];
  #shownPicture = "";
  /** What is shown of each model, and its element. @type {Map<string, {shown: string, element: HTMLElement}>} */
  #sections = new Map();

  /**
   * @param {HTMLDialogElement} dialog
   * @param {object} does
   * @param {(photo: Photo, steps: number) => Photo | undefined} does.neighbour
   * @param {(photo: Photo) => Node[]} does.actions what can be done with it
   */
  constructor(dialog, does) {
    this.dialog = dialog;
    this.does = does;
    const step = (/** @type {number} */ steps) => () => this.#step(steps);
    dialog.setAttribute("aria-labelledby", "detail-title");
    dialog.append(
      h("header", {}, this.#title, this.#state, h("span", { class: "space" }),
        h("button", { type: "button", class: "icon", "aria-label": "Previous photo", onclick: step(-1) }, "‹"),
        h("button", { type: "button", class: "icon", "aria-label": "Next photo", onclick: step(1) }, "›"),
        h("button", { type: "button", class: "icon", "aria-label": "Close", onclick: () => dialog.close() }, "×")),
      h("div", { class: "body" }, h("div", { class: "left" }, this.#view, this.#boxes, this.#notes, this.#facts, this.#actions), this.#models));
    dialog.addEventListener("close", () => {
      this.#photo = undefined;
      clearInterval(this.#asking);
    });
    dialog.addEventListener("keydown", ({ key }) => {
      if (key === "ArrowLeft") this.#step(-1);
      if (key === "ArrowRight") this.#step(1);
    });
    // A click beside the dialog closes it.
    dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());
  }

  /** @param {Photo} photo */
  open(photo) {
    this.#photo = photo;
    this.#why = {};
    this.#shown = [];
    if (!this.dialog.open) this.dialog.showModal();
    this.#show();
    clearInterval(this.#asking);
    this.#asking = setInterval(() => this.#ask(), ASK_MS);
    this.#ask();
  }

  /** @param {Set<Photo>} changed */
  refresh(changed) {
    if (this.#photo && changed.has(this.#photo)) this.#show();
  }

  /** @param {number} steps */
  #step(steps) {
    const next = this.#photo && this.does.neighbour(this.#photo, steps);
    if (next) this.open(next);
  }

  /** Asks how far the unfinished jobs are; the stream of changes does not say that. */
  async #ask() {
    const photo = this.#photo;
    if (!photo?.hash || photo.phase !== "there" || (photo.view && isFinal(photo.view.status))) return;
    /** @type {import("../server/api.js").ImageView | undefined} */
    const view = await request(`/predict/${photo.hash}`, { headers: { accept: "application/json" } })
      .then(async (answer) => readView(await answer.text())).catch(() => undefined);
    if (!view || photo !== this.#photo) return;
    photo.view ??= view;
    this.#why = Object.fromEntries(Object.entries(view.jobs).map(([model, job]) => [model, job.progress?.explanation]));
    this.#show();
  }

  #show() {
    const photo = this.#photo;
    if (!photo) return;
    const shown = [photo, photo.phase, photo.trouble, photo.view, JSON.stringify(this.#why)];
    if (shown.every((it, at) => it === this.#shown[at])) return;
    if (this.#shown[0] !== photo) this.#sections.clear();
    this.#shown = shown;
    const state = stateOf(photo);
    this.#title.textContent = photo.name;
    this.#state.textContent = wordOf(state);
    this.#state.dataset.group = groupOf(state);
    this.#facts.replaceChildren(...[photo.size > 0 && h("span", {}, bytes(photo.size)), photo.hash && h("code", { title: "MD5" }, photo.hash)]
      .flatMap((fact) => (fact ? [fact] : [])));
    this.#actions.replaceChildren(...this.does.actions(photo));
    this.#showPicture(photo);
    this.#notes.replaceChildren(...(photo.view?.notes ?? []).map((note) => h("p", { class: "note-of-photo" }, note)));
    this.#models.replaceChildren(
      ...(photo.trouble ? [h("p", { class: "trouble", dir: "auto" }, photo.trouble)] : []),
      ...modelsOf(photo).map((model) => this.#section(model, photo.view)));
  }

  /** One model's part. It stays as it is, opened and scrolled, while nothing changes about it. @param {string} model @param {ImageView | undefined} view */
  #section(model, view) {
    const [job, why] = [view?.jobs[model], this.#why[model]];
    const source = sourceOf(view);
    const text = view?.results[model] === undefined ? undefined
      : (source && sourcesOf(source, "results")[model]) ?? stringify(view.results[model]);
    const shown = JSON.stringify([job, why, text]);
    const known = this.#sections.get(model);
    if (known?.shown === shown) return known.element;
    const element = section(model, job, view?.results[model], text, why);
    this.#sections.set(model, { shown, element });
    return element;
  }

  /** @param {Photo} photo */
  #showPicture({ id, phase, hash, view }) {
    const isThere = phase === "there" && hash;
    const shown = JSON.stringify([id, isThere]);
    if (shown !== this.#shownPicture) {
      this.#shownPicture = shown;
      const missing = h("p", { class: "silence" }, "The photo is shown once the server has it.");
      this.#view.replaceChildren(isThere ? picture(hash) : missing);
    }
    const image = this.#view.querySelector("img");
    if (isThere && image) showBoxes(this.#boxes, image, hash, view);
    else this.#boxes.replaceChildren();
  }
}

/** @param {string} hash */
function picture(hash) {
  const image = h("img", { alt: "The photo", src: photoUrl(hash, WIDTH) });
  image.addEventListener("error", () => {
    // No small one can be made; perhaps the browser knows the format.
    if (image.src !== photoUrl(hash)) image.src = photoUrl(hash);
    else image.replaceWith(h("p", { class: "silence" }, "This browser cannot show the photo. It can still be opened or saved."));
  });
  return image;
}

/**
 * @param {string} model
 * @param {Job | undefined} job
 * @param {unknown} result
 * @param {string} [text] of the result
 * @param {string} [why] it is not done
 */
function section(model, job, result, text, why) {
  const state = job && jobState(job);
  return h("section", { "aria-label": model },
    h("header", {}, h("h3", {}, model), state && h("span", { class: "state", "data-group": groupOf(state) }, wordOf(state))),
    result === undefined ? silence(job) : fullResult(result),
    text !== undefined && rawJson(text),
    why && job && !isFinal(job.state) && h("p", { class: "progress" }, why),
    job && h("p", { class: "facts" }, history(job)));
}

/** @param {Job} job */
function history({ attempts = 0, priority, submitted_at, started_at, finished_at, waiting }) {
  const took = started_at && finished_at ? Date.parse(finished_at) - Date.parse(started_at) : undefined;
  return [
    attempts > 1 && counted(attempts, "attempt"),
    priority && priority !== "normal" && `${priority} priority`,
    finished_at ? `finished ${clock(finished_at)}` : submitted_at && `submitted ${clock(submitted_at)}`,
    took !== undefined && `took ${took < 10_000 ? `${took} ms` : `${Math.round(took / 1000)} s`}`,
    waiting?.until && `again at ${clock(waiting.until)}`,
  ].filter(Boolean).join(" · ");
}
