/** Choosing the models that look at photos, with how each of them is. */

import { byId, h, setText } from "./dom.js";
import { number } from "./format.js";
import { keepSetting, setting } from "./storage.js";

/**
 * A model as `GET /models` tells it.
 * @typedef {object} Model
 * @property {string[]} endpoints
 * @property {{message: string} | null} [hold]
 * @property {number} queued
 * @property {number} waiting
 * @property {number} running
 */

/** So many models are all chosen until the person says otherwise; of more, none is. */
const FEW = 6;

export class Chooser {
  #element = byId("models");
  /** @type {Map<string, {input: HTMLInputElement, state: HTMLElement, label: HTMLElement}>} */
  #choices = new Map();
  /** @type {string[] | null} */
  #kept = setting("models", null);

  /** @param {() => void} changed called when others are chosen */
  constructor(changed) {
    this.changed = changed;
    byId("all-models").addEventListener("click", () => this.#choose(true));
    byId("no-models").addEventListener("click", () => this.#choose(false));
  }

  /** The names of the chosen ones. @returns {string[]} */
  get chosen() {
    return [...this.#choices].filter(([, { input }]) => input.checked).map(([name]) => name);
  }

  /** All names. @returns {string[]} */
  get names() {
    return [...this.#choices.keys()];
  }

  /** Puts the keyboard there. */
  focus() {
    this.#choices.values().next().value?.input.focus();
  }

  /**
   * @param {string[]} names
   * @param {Record<string, Model>} details
   */
  show(names, details) {
    if (names.join() !== this.names.join()) this.#build(names);
    for (const [name, { state, label }] of this.#choices) {
      const [group, text] = stateOf(details[name]);
      label.dataset.group = group;
      setText(state, text);
      state.title = text;
    }
    byId("no-models-known").hidden = names.length > 0;
    byId("model-buttons").hidden = names.length < 2;
  }

  /** @param {string[]} names */
  #build(names) {
    const chosen = new Set(this.#choices.size > 0 ? this.chosen : (this.#kept ?? (names.length <= FEW ? names : [])));
    this.#choices = new Map(names.map((name) => {
      const input = h("input", { type: "checkbox", name: "model", value: name, onchange: () => this.#keep() });
      input.checked = chosen.has(name);
      const state = h("span", { class: "how" });
      const label = h("label", {}, input, h("span", { class: "model-name" }, name), state);
      return [name, { input, state, label }];
    }));
    this.#element.replaceChildren(...Array.from(this.#choices.values(), ({ label }) => label));
    this.changed();
  }

  /** @param {boolean} all */
  #choose(all) {
    for (const { input } of this.#choices.values()) input.checked = all;
    this.#keep();
  }

  #keep() {
    keepSetting("models", this.chosen);
    this.changed();
  }
}

/**
 * @param {Model | undefined} model
 * @returns {[string, string]}
 */
function stateOf(model) {
  if (!model) return ["done", "ready"];
  const inLine = model.queued + model.waiting + model.running;
  if (model.hold) return ["waiting", `waiting: ${model.hold.message}`];
  if (model.endpoints.length === 0) return ["waiting", "no service is known"];
  return inLine > 0 ? ["under-way", `${number(inLine)} in line`] : ["done", "ready"];
}
