/** Everything about one photo, in a dialog. */

import { get, photoUrl } from "./api.js";
import { boxesIn, drawing } from "./boxes.js";
import { h } from "./dom.js";
import { bytes, clock, counted } from "./format.js";
import { fullResult } from "./result.js";
import { silence } from "./row.js";
import { groupOf, isFinal, jobState, modelsOf, stateOf, wordOf } from "./states.js";

/** @typedef {import("./photos.js").Photo} Photo */
/** @typedef {import("./api.js").Job} Job */

/** How often the server is asked why a photo is not done. */
const ASK_MS = 2_500;

export class Detail {
  /** @type {Photo | undefined} */
  #photo;
  #title = h("h2", { id: "detail-title" });
  #state = h("span", { class: "state" });
  #facts = h("p", { class: "facts" });
  #view = h("div", { class: "view" });
  #models = h("div", { class: "models", tabindex: 0, role: "region", "aria-label": "Results" });
  #actions = h("div", { class: "actions" });
  #asking = 0;
  /** Why each unfinished job is not done, by its model. @type {Record<string, string | undefined>} */
  #why = {};
  /** What is shown, so that what is being read, or has the focus, is not made anew. */
  #shown = "";
  #shownPicture = "";

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
      h("div", { class: "body" }, h("div", { class: "left" }, this.#view, this.#facts, this.#actions), this.#models));
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
    this.#shown = "";
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
    /** @type {import("./api.js").ImageView | undefined} */
    const view = await get(`/predict/${photo.hash}`).catch(() => undefined);
    if (!view || photo !== this.#photo) return;
    photo.view ??= view;
    this.#why = Object.fromEntries(Object.entries(view.jobs).map(([model, job]) => [model, job.progress?.explanation]));
    this.#show();
  }

  #show() {
    const photo = this.#photo;
    if (!photo) return;
    const shown = JSON.stringify([photo.id, photo.phase, photo.trouble, photo.view, this.#why]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    const state = stateOf(photo);
    this.#title.textContent = photo.name;
    this.#state.textContent = wordOf(state);
    this.#state.dataset.group = groupOf(state);
    this.#facts.replaceChildren(...[photo.size > 0 && h("span", {}, bytes(photo.size)), photo.hash && h("code", { title: "MD5" }, photo.hash)]
      .flatMap((fact) => (fact ? [fact] : [])));
    this.#actions.replaceChildren(...this.does.actions(photo));
    this.#showPicture(photo);
    const { view } = photo;
    this.#models.replaceChildren(
      ...(photo.trouble ? [h("p", { class: "trouble" }, photo.trouble)] : []),
      ...modelsOf(photo).map((model) => section(model, view?.jobs[model], view?.results[model], this.#why[model])));
  }

  /** @param {Photo} photo */
  #showPicture({ id, phase, hash, view }) {
    const boxes = Object.values(view?.results ?? {}).flatMap(boxesIn);
    const shown = JSON.stringify([id, phase, boxes]);
    if (shown === this.#shownPicture) return;
    this.#shownPicture = shown;
    if (phase !== "there" || !hash) {
      this.#view.replaceChildren(h("p", { class: "silence" }, "The photo is shown once the server has it."));
      return;
    }
    const image = h("img", { alt: "The photo", src: photoUrl(hash) });
    image.addEventListener("load", () => {
      if (boxes.length === 0 || !image.isConnected) return;
      image.after(drawing(boxes, { width: image.naturalWidth, height: image.naturalHeight }, true));
    });
    image.addEventListener("error", () => {
      image.replaceWith(h("p", { class: "silence" }, "This browser cannot show the photo. It can still be opened or saved."));
    });
    this.#view.replaceChildren(image);
  }
}

/**
 * @param {string} model
 * @param {Job | undefined} job
 * @param {unknown} result
 * @param {string} [why] it is not done
 */
function section(model, job, result, why) {
  const state = job && jobState(job);
  return h("section", { "aria-label": model },
    h("header", {}, h("h3", {}, model), state && h("span", { class: "state", "data-group": groupOf(state) }, wordOf(state))),
    result === undefined ? silence(job) : fullResult(result),
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
