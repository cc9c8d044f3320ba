/** What the server tells by itself, of followed photos and of all: over the streams that all tabs share. */

import { workerScript } from "../shared/scripts.js";
import { Broker } from "./broker.js";

/** @typedef {import("./connection.js").Health} Health */
/** @typedef {import("./broker.js").Asked} Asked */
/** @typedef {import("./broker.js").Told} Told */

/** What the worker is called. It counts up when {@link Asked} or {@link Told} change: an old one may still run. */
const WORKER = "streams-1";

export class Streams {
  #port;
  #isShared = true;

  /**
   * @param {object} told
   * @param {(view: string) => void} told.seen a followed image, newer each time
   * @param {(hashes: string[]) => void} told.unknown followed images without jobs
   * @param {(view: string) => void} told.heard an image of the feed; may be older than what is known
   * @param {(images: number) => void} told.more so many changed that the feed does not tell
   * @param {(of: "watch" | "feed", health: Health) => void} told.health
   * @param {() => string[]} told.wanted the images that are followed and not finished
   */
  constructor(told) {
    this.told = told;
    this.#port = this.#shared() ?? this.#own();
    this.#begin();
    // A page that is kept for the way back hears nothing, and is told all of it when it is shown again.
    addEventListener("pagehide", () => this.#ask({ leave: true }));
    addEventListener("pageshow", ({ persisted }) => persisted && this.#begin());
    document.addEventListener("visibilitychange", () => {
      if (this.#isShared) return;
      if (document.hidden) this.#ask({ leave: true });
      else this.#begin();
    });
  }

  /** Follows photos until each is finished. @param {string[]} hashes */
  follow(hashes) {
    if (hashes.length === 0) return;
    this.#ask({ follow: hashes });
  }

  /** @param {string[]} hashes */
  forget(hashes) {
    this.#ask({ forget: hashes });
  }

  /** The streams of all tabs, where the browser has workers for that. */
  #shared() {
    if (!globalThis.SharedWorker) return undefined;
    try {
      const worker = new SharedWorker(workerScript("server/stream-worker.js"), { type: "module", name: WORKER });
      worker.addEventListener("error", () => {
        this.#port = this.#own();
        this.#begin();
      });
      return this.#listen(worker.port);
    } catch {
      return undefined;
    }
  }

  /** Streams of this page's own, which it has while it is visible. */
  #own() {
    this.#isShared = false;
    const { port1, port2 } = new MessageChannel();
    new Broker().join(port2);
    return this.#listen(port1);
  }

  #begin() {
    if (this.#isShared || !document.hidden) this.#ask({ feed: true, follow: this.told.wanted() });
  }

  /** @param {MessagePort} port */
  #listen(port) {
    port.onmessage = ({ data }) => this.#hear(data);
    return port;
  }

  /** @param {Asked} asked */
  #ask(asked) {
    this.#port.postMessage(asked);
  }

  /** @param {Told} told */
  #hear({ seen, unknown, heard, more, watch, feed }) {
    if (seen) this.told.seen(seen);
    if (unknown) this.told.unknown(unknown);
    if (heard) this.told.heard(heard);
    if (more) this.told.more(more);
    if (watch) this.told.health("watch", watch);
    if (feed) this.told.health("feed", feed);
  }
}
