/** Choosing the models that look at photos, with how each of them is. */

import { byId, h, setText } from "../shared/dom.js";
import { conditionOf } from "../operators/condition.js";
import { keepSetting, setting } from "../shared/settings.js";

/** @typedef {import("../operators/queue-poll.js").Queues} Queues */

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

  /** @param {Queues} queues */
  show({ models, dispatchers }) {
    const names = models.map(({ model }) => model);
    if (names.join() !== this.names.join()) this.#build(names);
    for (const queue of models) {
      const choice = this.#choices.get(queue.model);
      if (!choice) continue;
      const { group, text } = conditionOf(queue, dispatchers);
      choice.label.dataset.group = group;
      setText(choice.state, text);
      choice.state.title = text;
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
