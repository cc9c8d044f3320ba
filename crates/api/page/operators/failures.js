/** What failed, by model and reason, for operators. */

import { retry } from "../shared/actions.js";
import { photoUrl } from "../server/api.js";
import { h } from "../shared/dom.js";
import { age, counted, number } from "../shared/format.js";

/**
 * A group of `GET /failures`.
 * @typedef {{model: string, kind: string | null, reason: string, count: number, latest_at: string, images: string[]}} Group
 */

/** How many photos of a group are shown. */
const PICTURES = 6;

export class Failures {
  /** What is shown, so that nothing is made anew under somebody's hand. */
  #shown = "";

  /**
   * @param {HTMLElement} element
   * @param {(hash: string) => void} open
   */
  constructor(element, open) {
    this.element = element;
    this.open = open;
  }

  /**
   * @param {{groups: Group[], truncated?: boolean}} failures
   * @param {number} now
   */
  show({ groups, truncated }, now) {
    const shown = JSON.stringify([groups, truncated]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    const note = truncated && h("p", { class: "note" }, "There are more; the latest of each model were looked at.");
    this.element.replaceChildren(...groups.map((group) => this.#group(group, now)), ...(note ? [note] : []));
    if (groups.length === 0) this.element.append(h("p", { class: "silence" }, "Nothing is failed."));
  }

  /** They cannot be read, so that nothing is said of them. @param {string} why */
  fail(why) {
    if (this.#shown === why) return;
    this.#shown = why;
    this.element.replaceChildren(h("p", { class: "trouble" }, `The failures cannot be read: ${why}`));
  }

  /** @param {Group} group @param {number} now */
  #group({ model, kind, reason, count, latest_at: latest, images }, now) {
    const all = images.length === count;
    const which = all ? `of ${model} for this reason` : `of ${model} for these ${images.length} photos`;
    return h("article", { class: "failure card" },
      h("header", {}, h("span", { class: "many" }, number(count)), h("h3", {}, model), h("span", { class: "state", "data-group": "failed" }, (kind ?? "failed").replaceAll("_", " ")),
        h("span", { class: "note" }, `${counted(count, "job")}, the last ${age(latest, now)} ago`), h("span", { class: "space" }),
        h("button", { type: "button", onclick: () => retry(which, { images, models: [model] }) }, all ? "Retry" : `Retry the last ${images.length}`)),
      h("p", { class: "reason" }, reason),
      h("div", { class: "pictures" }, ...images.slice(0, PICTURES).map((hash) =>
        h("button", { type: "button", "aria-label": `Photo ${hash}`, onclick: () => this.open(hash) },
          h("img", { src: photoUrl(hash, 160), alt: "", loading: "lazy" })))));
  }
}
