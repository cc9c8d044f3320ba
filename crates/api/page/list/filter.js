/** Narrowing the list: by state, by model, by text. */

import { control, byId, h } from "../shared/dom.js";
import { number } from "../shared/format.js";
import { GROUPS, groupOf, modelsOf, stateOf } from "./states.js";

/** @typedef {import("./photos.js").Photo} Photo */
/** @typedef {import("./states.js").Group} Group */

export class Filter {
  /** @type {Group | "all"} */
  #group = "all";
  #text = control("search", HTMLInputElement);
  #model = control("model", HTMLSelectElement);
  #chips = byId("chips");
  /** @type {Map<Group | "all", {button: HTMLButtonElement, count: HTMLElement}>} */
  #buttons = new Map();

  /** @param {() => void} changed */
  constructor(changed) {
    this.changed = changed;
    this.#text.addEventListener("input", changed);
    this.#model.addEventListener("change", changed);
    for (const [group, word] of /** @type {[Group | "all", string][]} */ ([["all", "All"], ...GROUPS])) {
      const count = h("span", { class: "count" });
      const button = h("button", { type: "button", class: "chip", "data-group": group, onclick: () => this.#choose(group) }, word, " ", count);
      this.#buttons.set(group, { button, count });
      this.#chips.append(button);
    }
    this.#choose("all", false);
  }

  /** The model to show alone, or `""`. */
  get model() {
    return this.#model.value;
  }

  focus() {
    this.#text.focus();
    this.#text.select();
  }

  clear() {
    this.#text.value = "";
    this.#model.value = "";
    this.#choose("all");
  }

  /**
   * The photos that are asked for, and how many there are in each state.
   * @param {readonly Photo[]} photos
   * @returns {Photo[]}
   */
  apply(photos) {
    const words = this.#text.value.toLowerCase().split(/\s+/).filter(Boolean);
    const model = this.model;
    /** @type {Map<Group | "all", number>} */
    const counts = new Map();
    const found = photos.filter((photo) => {
      if (model && !modelsOf(photo).includes(model)) return false;
      if (words.length > 0 && !words.every((word) => textOf(photo).includes(word))) return false;
      const group = groupOf(stateOf(photo, model || undefined));
      counts.set(group, (counts.get(group) ?? 0) + 1);
      counts.set("all", (counts.get("all") ?? 0) + 1);
      return this.#group === "all" || this.#group === group;
    });
    for (const [group, { button, count }] of this.#buttons) {
      const many = counts.get(group) ?? 0;
      count.textContent = number(many);
      // The usual ones stay where they are; the others come when there is something to see.
      const isUsual = group === "all" || group === "under-way" || group === "done" || group === "failed";
      button.hidden = many === 0 && !isUsual && this.#group !== group;
    }
    return found;
  }

  /** @param {string[]} models that can be chosen */
  offer(models) {
    const chosen = this.model;
    const known = Array.from(this.#model.options, (option) => option.value).filter(Boolean);
    if (known.join() === models.join()) return;
    this.#model.replaceChildren(h("option", { value: "" }, "Any model"), ...models.map((model) => h("option", { value: model }, model)));
    this.#model.value = models.includes(chosen) ? chosen : "";
  }

  /** @param {Group | "all"} group @param {boolean} [tell] */
  #choose(group, tell = true) {
    this.#group = group;
    for (const [name, { button }] of this.#buttons) button.setAttribute("aria-pressed", String(name === group));
    if (tell) this.changed();
  }
}

/**
 * What is searched in: names, and what the models said.
 * @param {Photo} photo
 */
function textOf(photo) {
  photo.text ??= [photo.name, photo.hash, photo.trouble, ...(photo.view?.notes ?? []), ...modelsOf(photo), JSON.stringify(photo.view?.results ?? {}),
    ...Object.values(photo.view?.jobs ?? {}).map((job) => job.error?.message)].filter(Boolean).join("\n").toLowerCase();
  return photo.text;
}
