/** How one model is, for operators. */

import { cancelAll, retry } from "../shared/actions.js";
import { h, setText } from "../shared/dom.js";
import { age, number, rate } from "../shared/format.js";
import { conditionOf, queuedOf, waitingOf } from "./condition.js";
import { Sparkline } from "./sparkline.js";

/**
 * A model as `GET /queues` tells it.
 * @typedef {object} Queue
 * @property {string} model
 * @property {{high: number, normal: number, low: number}} queued
 * @property {number} waiting
 * @property {number} running
 * @property {number} failed
 * @property {number} concurrency
 * @property {{error?: {message: string}, message?: string} | null} [hold]
 * @property {number | null} [rate_per_second]
 * @property {string | null} [oldest_queued_at]
 * @property {Record<string, number>} [counters]
 * @property {Endpoint[]} endpoints
 */

/** @typedef {{url: string, state: string, reason?: string, in_flight?: number}} Endpoint */

const FIGURES = /** @type {const} */ (["Queued", "Running", "Waiting", "Failed", "Rate", "Oldest queued", "Done"]);

const CANCEL = "Cancel jobs";

export class ModelCard {
  #state = h("span", { class: "state" });
  #hold = h("p", { class: "trouble" });
  /** @type {Record<string, {value: HTMLElement, note: HTMLElement}>} */
  #figures = {};
  #queued = new Sparkline("Queued", number);
  #rate = new Sparkline("Rate", rate);
  #endpoints = h("ul", { class: "endpoints" });
  #retry = h("button", { type: "button" });
  #cancel = h("button", { type: "button" }, CANCEL);
  element;

  /** @param {string} model */
  constructor(model) {
    this.model = model;
    const figures = FIGURES.map((name) => {
      const figure = { value: h("dd", {}), note: h("dd", { class: "note" }) };
      this.#figures[name] = figure;
      return h("div", {}, h("dt", {}, name), figure.value, figure.note);
    });
    this.#retry.addEventListener("click", () => retry(`of ${model}`, { models: [model] }));
    this.#cancel.addEventListener("click", async () => {
      this.#cancel.disabled = true;
      await cancelAll(model, (text) => setText(this.#cancel, text));
      setText(this.#cancel, CANCEL);
      this.#cancel.disabled = false;
    });
    this.element = h("article", { class: "model card", "aria-label": model },
      h("header", {}, h("h3", {}, model), this.#state, h("span", { class: "space" }), this.#retry, this.#cancel),
      this.#hold,
      h("div", { class: "how-it-is" }, h("dl", { class: "figures" }, ...figures), this.#queued.element, this.#rate.element),
      this.#endpoints);
  }

  /**
   * @param {Queue} queue
   * @param {import("./operators.js").Dispatcher[]} dispatchers
   * @param {import("./history.js").History} history
   * @param {number} now
   */
  show(queue, dispatchers, history, now) {
    const { high, low } = queue.queued;
    const { group, word, trouble } = conditionOf(queue, dispatchers);
    const [queued, waiting] = [queuedOf(queue), waitingOf(queue, dispatchers)];
    this.#state.dataset.group = group;
    setText(this.#state, word);
    this.#hold.hidden = !trouble;
    setText(this.#hold, trouble ? `${queued + queue.waiting > 0 ? "Its jobs wait" : "Not reachable"}: ${trouble}` : "");
    this.#figure("Queued", number(queued), high + low > 0 ? `${number(high)} high, ${number(low)} low` : "");
    this.#figure("Running", number(queue.running), `of ${number(queue.concurrency)} at once`);
    this.#figure("Waiting", number(waiting), waiting > queue.waiting ? "for the model" : waiting > 0 ? "for another attempt" : "");
    this.#figure("Failed", number(queue.failed), "", queue.failed > 0 ? "failed" : undefined);
    this.#figure("Rate", rate(queue.rate_per_second), queue.rate_per_second ? "finished" : "");
    this.#figure("Oldest queued", age(queue.oldest_queued_at, now), "");
    this.#figure("Done", number(queue.counters?.succeeded ?? 0), "since the start");
    this.#queued.show(history.of(`${queue.model} queued`), now);
    this.#rate.show(history.of(`${queue.model} rate`), now);
    this.#retry.hidden = queue.failed === 0;
    setText(this.#retry, `Retry ${number(queue.failed)} failed`);
    this.#cancel.hidden = queued + queue.waiting + queue.running === 0 && !this.#cancel.disabled;
    this.#showEndpoints(queue.endpoints);
  }

  /** @param {string} name @param {string} value @param {string} note @param {string} [group] */
  #figure(name, value, note, group) {
    setText(this.#figures[name].value, value);
    setText(this.#figures[name].note, note);
    if (group) this.#figures[name].value.dataset.group = group;
    else delete this.#figures[name].value.dataset.group;
  }

  /** @param {Endpoint[]} endpoints */
  #showEndpoints(endpoints) {
    this.#endpoints.replaceChildren(...endpoints.map(({ url, state, reason, in_flight: inFlight }) =>
      h("li", { "data-health": state }, h("span", { class: "health" }, state), h("code", {}, url),
        inFlight ? h("span", {}, `${number(inFlight)} in flight`) : null, reason ? h("span", { class: "why" }, reason) : null)));
    if (endpoints.length === 0) this.#endpoints.append(h("li", { "data-health": "down" }, "No service of this model is known."));
  }
}
