/** The operators' view: what is queued, what works, what does not, and why. */

import { Problem, get } from "../server/api.js";
import { byId, h, setText } from "../shared/dom.js";
import { age, clock, counted, number, rate } from "../shared/format.js";
import { troublesOf } from "./alarm.js";
import { queuedOf, waitingOf } from "./condition.js";
import { Failures } from "./failures.js";
import { History } from "./history.js";
import { ModelCard } from "./model-card.js";

/** @typedef {import("./model-card.js").Queue} Queue */
/** @typedef {import("./queue-poll.js").Queues} Queues */

/**
 * A dispatcher as `GET /queues` tells it.
 * @typedef {{id: string, host: string, pid: number, version: string, started_at: string, seen_at: string, in_flight: number, stopping: boolean}} Dispatcher
 */

/** Every how many rounds the failures, and the stores, are asked for. */
const OTHERS_EVERY = 3;

export class Operators {
  #history = new History();
  /** @type {Map<string, ModelCard>} */
  #cards = new Map();
  #failures;
  #round = 0;
  /** Why photos would not be accepted, if so. @type {string | undefined} */
  #unready;
  /** When the server last told what is shown. */
  #at = "";

  /**
   * @param {object} does
   * @param {(hash: string) => void} does.open
   */
  constructor(does) {
    this.#failures = new Failures(byId("failures"), does.open);
  }

  /** The queues cannot be read: what is shown is old. @param {unknown} error */
  fail(error) {
    const isOld = error instanceof Problem && error.isMissing;
    const text = isOld ? "This server does not tell about its queues." : error instanceof Error ? error.message : String(error);
    const since = this.#at && !isOld ? ` What is shown below is of ${clock(this.#at)}.` : "";
    this.#alarm([{ group: "failed", text: `${text}${since}` }]);
    byId("operators-body").classList.toggle("stale", this.#at !== "");
  }

  /** @param {Queues} queues */
  async show({ models, dispatchers, at }) {
    this.#at = at;
    // The server's clock, by which its times are told.
    const now = Date.parse(at) || Date.now();
    for (const queue of models) {
      this.#history.add(`${queue.model} queued`, now, queuedOf(queue));
      this.#history.add(`${queue.model} rate`, now, queue.rate_per_second ?? 0);
    }
    if (byId("operators").hidden) return;
    byId("operators-body").hidden = false;
    byId("operators-body").classList.remove("stale");
    this.#alarm(troublesOf(models, dispatchers, this.#unready));
    this.#showModels(models, dispatchers, now);
    this.#showDispatchers(dispatchers, now);
    this.#showTotals(models, dispatchers);
    if (this.#round % OTHERS_EVERY === 0) await this.#askOthers(now);
    this.#round += 1;
  }

  /** @param {number} now */
  async #askOthers(now) {
    const ready = get("/health/ready").then(() => undefined, (error) => String(error.message));
    try {
      this.#failures.show(await get("/failures?limit=1"), now);
    } catch (error) {
      this.#failures.fail(error instanceof Error ? error.message : String(error));
    }
    this.#unready = await ready;
  }

  /** @param {import("./alarm.js").Trouble[]} troubles */
  #alarm(troubles) {
    const shown = JSON.stringify(troubles);
    const element = byId("alarm");
    if (element.dataset.shown === shown) return;
    element.dataset.shown = shown;
    element.dataset.group = troubles[0]?.group ?? "done";
    const items = troubles.map(({ group, text }) => h("li", { "data-group": group }, text));
    element.replaceChildren(troubles.length > 0 ? h("ul", {}, ...items) : h("p", {}, "Nothing is wrong: dispatchers are at work, and no model holds up jobs."));
    element.hidden = false;
  }

  /** @param {Queue[]} queues @param {Dispatcher[]} dispatchers @param {number} now */
  #showModels(queues, dispatchers, now) {
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
      card.show(queue, dispatchers, this.#history, now);
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
    setText(byId("total-queued"), number(sum(queuedOf)));
    setText(byId("total-running"), number(sum(({ running }) => running)));
    setText(byId("total-waiting"), number(sum((queue) => waitingOf(queue, dispatchers))));
    setText(byId("total-failed"), number(sum(({ failed }) => failed)));
    setText(byId("total-rate"), rate(sum(({ rate_per_second: perSecond }) => perSecond ?? 0)));
    const stopping = dispatchers.filter((it) => it.stopping).length;
    setText(byId("total-dispatchers"), number(dispatchers.length - stopping));
    byId("total-dispatchers").title = stopping > 0 ? `and ${counted(stopping, "one")} that stops` : "";
  }
}
