/** One photo in the list. */

import { h, setText } from "../shared/dom.js";
import { bytes } from "../shared/format.js";
import { Picture } from "../results/picture.js";
import { shortResult } from "../results/result.js";
import { groupOf, jobState, modelsOf, stateOf, wordOf } from "./states.js";
import { brief } from "../results/values.js";

/** @typedef {import("./photos.js").Photo} Photo */
/** @typedef {import("../server/api.js").Job} Job */

/** The least width of one model's result in pixels, and what the rest of a row takes. */
const CELL = 170;
const REST = 210;

/** Where there is no room for two results beside each other they lie below each other, in a line each. */
const LINES = 4;

export class PhotoRow {
  #picture = new Picture();
  #folder = h("span", { class: "folder", dir: "auto" });
  #name = h("span", { dir: "auto" });
  #facts = h("span", { class: "facts" });
  #notes = h("span", { class: "notes" });
  #state = h("span", { class: "state" });
  #results = h("div", { class: "results" });
  focusable;
  element;
  /** What is shown, so that nothing is made anew that stays. @type {unknown[]} */
  #shown = [];

  /**
   * @param {Photo} photo
   * @param {object} how
   * @param {(photo: Photo) => void} how.open
   * @param {() => number} how.width of the list, in pixels
   * @param {() => string} how.model the one to show alone, or none
   */
  constructor(photo, { open, width, model }) {
    this.width = width;
    this.model = model;
    this.focusable = h("button", { type: "button", class: "name", onclick: () => open(photo) }, this.#folder, this.#name);
    this.element = h("article", { class: "row" },
      this.#picture.element,
      h("header", {}, this.focusable, this.#facts, this.#notes, this.#state),
      this.#results);
    this.show(photo);
  }

  /** @param {Photo} photo */
  show(photo) {
    const state = stateOf(photo);
    const end = photo.name.lastIndexOf("/") + 1;
    setText(this.#folder, photo.name.slice(0, end));
    setText(this.#name, photo.name.slice(end));
    setText(this.#facts, photo.size > 0 ? bytes(photo.size) : "");
    const notes = photo.view?.notes?.join(" ") ?? "";
    setText(this.#notes, notes);
    this.#notes.title = notes;
    this.#notes.hidden = notes === "";
    setText(this.#state, photo.phase === "sending" && photo.sent ? `Sending, ${Math.round(photo.sent * 100)} %` : wordOf(state));
    this.#state.dataset.group = groupOf(state);
    this.#picture.show(photo);
    const room = Math.floor((this.width() - REST) / CELL);
    const shown = [room, this.model(), photo.phase, photo.trouble, photo.view, photo.view ? "" : photo.models.join()];
    if (shown.every((it, at) => it === this.#shown[at])) return;
    this.#shown = shown;
    this.#results.replaceChildren(...this.#cells(photo, room));
  }

  leave() {
    this.#picture.leave();
  }

  /**
   * @param {Photo} photo
   * @param {number} columns how many results fit in beside each other
   */
  #cells(photo, columns) {
    if (photo.trouble) return [h("p", { class: "trouble", dir: "auto" }, photo.trouble)];
    if (photo.phase === "lost") {
      return [h("p", { class: "trouble" }, "The server does not have this photo. Choose the file, or its folder, again and it goes on.")];
    }
    const models = this.model() ? [this.model()] : modelsOf(photo);
    const areLines = columns < 2;
    const room = areLines ? LINES : columns;
    const shown = models.slice(0, models.length > room ? room - 1 : room);
    const left = models.length - shown.length;
    this.#results.classList.toggle("lines", areLines);
    return [
      ...shown.map((model) => (areLines ? line : cell)(model, photo.view?.jobs[model], photo.view?.results[model])),
      ...(left > 0 ? [h("div", { class: "others" }, `+ ${left} more`)] : []),
    ];
  }
}

/**
 * What one model says, or why it says nothing.
 * @param {string} model
 * @param {Job | undefined} job
 * @param {unknown} result
 */
function cell(model, job, result) {
  const content = result === undefined ? silence(job) : shortResult(result);
  return h("div", { class: "cell", role: "group", "aria-label": model }, h("p", { class: "of", title: model }, model), content);
}

/**
 * The same in one line.
 * @param {string} model
 * @param {Job | undefined} job
 * @param {unknown} result
 */
function line(model, job, result) {
  const content = result === undefined ? silence(job) : brief(result);
  return h("div", { class: "line", role: "group", "aria-label": model }, h("p", { class: "of" }, model), content);
}

/** @param {Job | undefined} job */
export function silence(job) {
  if (!job) return h("p", { class: "silence" }, "not asked yet");
  const state = jobState(job);
  const why = job.state === "WAITING" ? job.waiting?.reason : job.error?.message;
  return h("p", { class: "silence", "data-group": groupOf(state) },
    h("strong", {}, wordOf(state)), why && (job.state === "WAITING" || job.state === "FAILED") ? `: ${why}` : "");
}
