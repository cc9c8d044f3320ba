/** Following photos until each is finished, over one stream. */

import { Problem, posting, request } from "./api.js";
import { follow, healthAfter } from "./connection.js";
import { sourcesOf } from "./json.js";
import { isFinal } from "../list/states.js";
import { pause } from "../shared/pause.js";

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
  /** Those that came since the stream was opened: what it says of their end may be older. @type {Set<string>} */
  #fresh = new Set();
  #isRunning = false;
  /** What ends the stream that is open. */
  #stream = new AbortController();
  /** When the stream may be opened anew; 0 if it need not be. */
  #renewal = 0;
  #hasStreams = true;

  /**
   * @param {object} told
   * @param {(hash: string, view: string) => void} told.seen with the view's text. What is told of an
   * image later is newer: all of it comes over one stream after the other, and the server reads an
   * image when it tells it
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
    let some = false;
    for (const hash of hashes) {
      this.#hashes.add(hash);
      this.#fresh.add(hash);
      some = true;
    }
    if (!some) return;
    if (!this.#isRunning) this.#run();
    // What the server tells at the beginning of a stream grows with the photos in it.
    else this.#renewal ||= setTimeout(() => this.#stream.abort(), PATIENCE_MS + this.#hashes.size);
  }

  /** Whether it is not known yet how an image ends. @param {string} hash */
  follows(hash) {
    return this.#hashes.has(hash);
  }

  /** @param {Iterable<string>} hashes */
  forget(hashes) {
    for (const hash of hashes) {
      this.#hashes.delete(hash);
      this.#fresh.delete(hash);
    }
    if (this.#hashes.size === 0) this.#stream.abort();
  }

  async #run() {
    this.#isRunning = true;
    while (this.#hashes.size > 0) {
      clearTimeout(this.#renewal);
      this.#renewal = 0;
      this.#fresh.clear();
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
        if (event === "image") this.#see(data);
        if (event === "unknown") this.#miss(JSON.parse(data).images);
      },
      health: this.told.health,
    });
    // The server says that all of them are finished.
    if (!signal.aborted) this.forget(images.filter((hash) => !this.#fresh.has(hash)));
  }

  /** As servers without streams, or proxies that keep them back, need it. */
  async #ask() {
    const hashes = [...this.#hashes];
    for (let at = 0; at < hashes.length; at += MOST_ASKED) {
      const answer = await request("/predict/status", posting({ images: hashes.slice(at, at + MOST_ASKED) }));
      const text = await answer.text();
      Object.values(sourcesOf(text, "images")).forEach((view) => this.#see(view));
      this.#miss(JSON.parse(text).unknown);
    }
    this.told.health("open");
    await pause(ASK_MS, this.#stream.signal);
  }

  /** @param {string} view */
  #see(view) {
    const { image, status } = JSON.parse(view);
    if (isFinal(status) && !this.#fresh.has(image)) this.forget([image]);
    this.told.seen(image, view);
  }

  /** @param {string[]} hashes */
  #miss(hashes) {
    const missed = hashes.filter((hash) => !this.#fresh.has(hash));
    this.forget(missed);
    if (missed.length > 0) this.told.unknown(missed);
  }
}
