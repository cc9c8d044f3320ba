/** The operators' view: what is in line, what works, what does not, and why. */

import { Problem, get } from "./api.js";
import { byId, h, setText } from "./dom.js";
import { Failures } from "./failures.js";
import { age, counted, number, rate } from "./format.js";
import { History } from "./history.js";
import { ModelCard } from "./model-card.js";
import { pause } from "./upload.js";

/** @typedef {import("./model-card.js").Queue} Queue */

/**
 * A dispatcher as `GET /queues` tells it.
 * @typedef {{id: string, host: string, pid: number, version: string, started_at: string, seen_at: string, in_flight: number, stopping: boolean}} Dispatcher
 */

/** How often the server is asked while somebody looks, and while nobody does, to have a history. */
const LOOKED_AT_MS = 2_000;
const OTHERWISE_MS = 15_000;

/** Every how many rounds the failures are asked for. */
const FAILURES_EVERY = 3;

export class Operators {
  #history = new History();
  /** @type {Map<string, ModelCard>} */
  #cards = new Map();
  #failures;
  #wake = new AbortController();
  #round = 0;

  /**
   * @param {object} does
   * @param {() => boolean} does.isVisible
   * @param {(hash: string) => void} does.open
   */
  constructor(does) {
    this.does = does;
    this.#failures = new Failures(byId("failures"), does.open);
    this.#run();
  }

  /** Asks now: somebody looks. */
  wake() {
    this.#wake.abort();
  }

  async #run() {
    for (;;) {
      const isVisible = this.does.isVisible();
      try {
        if (!document.hidden) await this.#ask(isVisible);
        byId("operators-trouble").hidden = true;
      } catch (error) {
        byId("operators-trouble").hidden = false;
        const old = error instanceof Problem && error.isMissing;
        setText(byId("operators-trouble"), old ? "This server does not tell about its queues." : `${error instanceof Error ? error.message : error} Trying again.`);
      }
      this.#wake = new AbortController();
      await pause(isVisible ? LOOKED_AT_MS : OTHERWISE_MS, this.#wake.signal);
    }
  }

  /** @param {boolean} isVisible */
  async #ask(isVisible) {
    const queues = await get("/queues");
    // The server's clock, by which its times are told.
    const now = Date.parse(queues.at) || Date.now();
    for (const { model, queued, rate_per_second: perSecond } of /** @type {Queue[]} */ (queues.models)) {
      this.#history.add(`${model} in line`, now, queued.high + queued.normal + queued.low);
      this.#history.add(`${model} rate`, now, perSecond ?? 0);
    }
    if (!isVisible) return;
    byId("operators-body").hidden = false;
    this.#showModels(queues.models, now);
    this.#showDispatchers(queues.dispatchers ?? [], now);
    this.#showTotals(queues.models, queues.dispatchers ?? []);
    if (this.#round % FAILURES_EVERY === 0) {
      const failures = await get("/failures?limit=1").catch(() => ({ groups: [] }));
      this.#failures.show(failures, now);
    }
    this.#round += 1;
  }

  /** @param {Queue[]} queues @param {number} now */
  #showModels(queues, now) {
    const element = byId("queues");
    for (const [model, card] of this.#cards) {
      if (queues.some((queue) => queue.model === model)) continue;
      card.element.remove();
      this.#cards.delete(model);
    }
    for (const queue of queues) {
      let card = this.#cards.get(queue.model);
      if (!card) {
        card = new ModelCard(queue.model);
        this.#cards.set(queue.model, card);
        element.append(card.element);
      }
      card.show(queue, this.#history, now);
    }
    byId("no-queues").hidden = queues.length > 0;
  }

  /** @param {Dispatcher[]} dispatchers @param {number} now */
  #showDispatchers(dispatchers, now) {
    byId("dispatchers").replaceChildren(...dispatchers.map((it) => h("tr", {},
      h("th", { scope: "row" }, it.host), h("td", {}, String(it.pid)),
      h("td", {}, it.stopping ? "stopping" : "at work"), h("td", {}, number(it.in_flight)),
      h("td", {}, age(it.started_at, now)), h("td", {}, `${age(it.seen_at, now)} ago`), h("td", {}, it.version))));
    byId("no-dispatchers").hidden = dispatchers.length > 0;
    byId("dispatchers-table").hidden = dispatchers.length === 0;
  }

  /** @param {Queue[]} queues @param {Dispatcher[]} dispatchers */
  #showTotals(queues, dispatchers) {
    const sum = (/** @type {(queue: Queue) => number} */ of) => queues.reduce((total, queue) => total + of(queue), 0);
    setText(byId("total-queued"), number(sum(({ queued }) => queued.high + queued.normal + queued.low)));
    setText(byId("total-running"), number(sum(({ running }) => running)));
    setText(byId("total-waiting"), number(sum(({ waiting }) => waiting)));
    setText(byId("total-failed"), number(sum(({ failed }) => failed)));
    setText(byId("total-rate"), rate(sum(({ rate_per_second: perSecond }) => perSecond ?? 0)));
    const stopping = dispatchers.filter((it) => it.stopping).length;
    setText(byId("total-dispatchers"), number(dispatchers.length - stopping));
    byId("total-dispatchers").title = stopping > 0 ? `and ${counted(stopping, "one")} that stops` : "";
  }
}
