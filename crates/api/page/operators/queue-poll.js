/** Asking for the queues again and again, for the choice of models and for the operators' view. */

import { healthAfter } from "../server/connection.js";
import { get } from "../server/api.js";
import { setClock } from "../shared/clock.js";
import { pause } from "../shared/pause.js";

/** How often the server is asked while somebody looks at the queues, and at something else. */
const LOOKED_AT_MS = 2_000;
const OTHERWISE_MS = 3_000;

/**
 * The answer to `GET /queues`.
 * @typedef {{models: import("./model-card.js").Queue[], dispatchers: import("./operators.js").Dispatcher[], at: string}} Queues
 */

export class QueuePoll {
  #wake = new AbortController();

  /**
   * @param {object} does
   * @param {() => boolean} does.isLookedAt
   * @param {(queues: Queues) => void} does.heard
   * @param {(error: unknown) => void} does.failed
   * @param {(health: import("../server/connection.js").Health) => void} does.health
   */
  constructor(does) {
    this.does = does;
    document.addEventListener("visibilitychange", () => this.wake());
    this.#run();
  }

  /** Asks now: somebody looks. */
  wake() {
    this.#wake.abort();
  }

  async #run() {
    for (;;) {
      // What calls this is not set up yet the first time.
      await pause(0);
      if (!document.hidden) await this.#ask();
      this.#wake = new AbortController();
      await pause(this.does.isLookedAt() ? LOOKED_AT_MS : OTHERWISE_MS, this.#wake.signal);
    }
  }

  async #ask() {
    /** @type {Queues} */
    let queues;
    try {
      queues = await get("/queues");
    } catch (error) {
      this.does.health(healthAfter(error));
      this.does.failed(error);
      return;
    }
    setClock(queues.at);
    this.does.health("open");
    this.does.heard(queues);
  }
}
