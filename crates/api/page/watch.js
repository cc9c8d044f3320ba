/** Following the photos of the list until each is finished, over one stream. */

import { Problem, post, posting } from "./api.js";
import { follow, healthAfter } from "./connection.js";
import { isFinal } from "./states.js";
import { pause } from "./upload.js";

/** @typedef {import("./api.js").ImageView} ImageView */
/** @typedef {import("./connection.js").Health} Health */

/** The most hashes of one stream. */
const MOST = 10_000;

/** How many hashes are asked about at once where there are no streams. */
const MOST_ASKED = 200;

/** How often they are then asked about. */
const ASK_MS = 2_000;

/** How long a stream goes on before it is opened anew for photos that have come since. */
const PATIENCE_MS = 1_000;

export class Watch {
  /** Photos that are not known to be finished. @type {Set<string>} */
  #hashes = new Set();
  #isRunning = false;
  /** What ends the stream that is open. */
  #stream = new AbortController();
  /** When the stream may be opened anew; 0 if it need not be. */
  #renewal = 0;
  #hasStreams = true;

  /**
   * @param {object} told
   * @param {(view: ImageView) => void} told.seen
   * @param {(hashes: string[]) => void} told.unknown
   * @param {(health: Health) => void} told.health
   */
  constructor(told) {
    this.told = told;
  }

  /**
   * Follows these too.
   * @param {Iterable<string>} hashes
   */
  add(hashes) {
    const before = this.#hashes.size;
    for (const hash of hashes) this.#hashes.add(hash);
    if (this.#hashes.size === before) return;
    if (!this.#isRunning) this.#run();
    // What the server tells at the beginning of a stream grows with the photos in it.
    else this.#renewal ||= setTimeout(() => this.#stream.abort(), PATIENCE_MS + this.#hashes.size);
  }

  /** @param {string} hash */
  forget(hash) {
    this.#hashes.delete(hash);
    if (this.#hashes.size === 0) this.#stream.abort();
  }

  async #run() {
    this.#isRunning = true;
    while (this.#hashes.size > 0) {
      clearTimeout(this.#renewal);
      this.#renewal = 0;
      this.#stream = new AbortController();
      try {
        if (this.#hasStreams) await this.#follow();
        else await this.#ask();
      } catch (error) {
        this.#hasStreams &&= !(error instanceof Problem && error.isMissing);
        this.told.health(healthAfter(error));
        await pause(ASK_MS);
      }
    }
    this.#isRunning = false;
    this.told.health("open");
  }

  async #follow() {
    const images = [...this.#hashes].slice(0, MOST);
    const signal = this.#stream.signal;
    await follow({
      path: "/predict/events",
      options: posting({ images }),
      signal,
      hear: ({ event, data }) => {
        if (event === "image") this.#see(JSON.parse(data));
        if (event === "unknown") this.#miss(JSON.parse(data).images);
      },
      health: this.told.health,
    });
    // The server says that all of them are finished.
    if (!signal.aborted) images.forEach((hash) => this.forget(hash));
  }

  /** As servers without streams, or proxies that keep them back, need it. */
  async #ask() {
    const hashes = [...this.#hashes];
    for (let at = 0; at < hashes.length; at += MOST_ASKED) {
      const answer = await post("/predict/status", { images: hashes.slice(at, at + MOST_ASKED) });
      Object.values(answer.images).forEach((view) => this.#see(view));
      this.#miss(answer.unknown);
    }
    this.told.health("open");
    await pause(ASK_MS, this.#stream.signal);
  }

  /** @param {ImageView} view */
  #see(view) {
    if (isFinal(view.status)) this.forget(view.image);
    this.told.seen(view);
  }

  /** @param {string[]} hashes */
  #miss(hashes) {
    hashes.forEach((hash) => this.forget(hash));
    if (hashes.length > 0) this.told.unknown(hashes);
  }
}
