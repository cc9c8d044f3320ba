/**
 * One stream of the followed photos, and one of the feed, for any number of tabs. A browser opens six
 * connections to a server over all of its tabs, so that streams of each tab's own would leave none.
 */

import { followFeed } from "./feed.js";
import { Watch } from "./watch.js";

/** @typedef {import("./connection.js").Health} Health */

/** What a tab asks. @typedef {{follow?: string[], forget?: string[], feed?: boolean, leave?: true}} Asked */

/**
 * What a tab is told: a followed image's view, hashes without jobs, an image of the feed, how many
 * the feed left out, and how each stream is.
 * @typedef {{seen?: string, unknown?: string[], heard?: string, more?: number, watch?: Health, feed?: Health}} Told
 */

export class Broker {
  /** What each tab follows, and whether it hears the feed. @type {Map<MessagePort, {hashes: Set<string>, feed: boolean}>} */
  #tabs = new Map();
  /** The last view of each followed image, for tabs that come later. @type {Map<string, string>} */
  #views = new Map();
  /** @type {Told} */
  #health = {};
  /** @type {AbortController | null} */
  #feed = null;
  #watch = new Watch({
    seen: (hash, view) => this.#see(hash, view),
    unknown: (hashes) => this.#miss(hashes),
    health: (watch) => this.#tellAll({ watch }),
  });

  /** Takes a tab in. @param {MessagePort} port */
  join(port) {
    port.onmessage = ({ data }) => this.#hear(port, data);
    port.start();
  }

  /** @param {MessagePort} port @param {Asked} asked */
  #hear(port, { follow, forget, feed, leave }) {
    let tab = this.#tabs.get(port);
    if (!tab) {
      tab = { hashes: new Set(), feed: false };
      this.#tabs.set(port, tab);
      port.postMessage(this.#health);
    }
    if (follow) this.#follow(port, tab.hashes, follow);
    if (forget) this.#forget(tab.hashes, forget);
    if (feed !== undefined) tab.feed = feed;
    if (leave) {
      this.#tabs.delete(port);
      this.#forget(tab.hashes, [...tab.hashes]);
    }
    this.#tune();
  }

  /** @param {MessagePort} port @param {Set<string>} own @param {string[]} hashes */
  #follow(port, own, hashes) {
    for (const hash of hashes) {
      own.add(hash);
      const view = this.#views.get(hash);
      if (view) port.postMessage({ seen: view });
    }
    // Followed already or not: a new stream tells each as it is now.
    this.#watch.add(hashes);
  }

  /** @param {Set<string>} own @param {string[]} hashes */
  #forget(own, hashes) {
    for (const hash of hashes) own.delete(hash);
    const unfollowed = hashes.filter((hash) => !this.#isFollowed(hash));
    for (const hash of unfollowed) this.#views.delete(hash);
    this.#watch.forget(unfollowed);
  }

  /** @param {string} hash */
  #isFollowed(hash) {
    for (const { hashes } of this.#tabs.values()) if (hashes.has(hash)) return true;
    return false;
  }

  /** @param {string} hash @param {string} view */
  #see(hash, view) {
    const isOver = !this.#watch.follows(hash);
    if (isOver) this.#views.delete(hash);
    else this.#views.set(hash, view);
    for (const [port, { hashes }] of this.#tabs) {
      if (!hashes.has(hash)) continue;
      if (isOver) hashes.delete(hash);
      port.postMessage({ seen: view });
    }
  }

  /** @param {string[]} missing */
  #miss(missing) {
    for (const [port, { hashes }] of this.#tabs) {
      const unknown = missing.filter((hash) => hashes.delete(hash));
      if (unknown.length > 0) port.postMessage({ unknown });
    }
  }

  /** Opens or closes the feed, as somebody listens or nobody does. */
  #tune() {
    const isWanted = Array.from(this.#tabs.values()).some(({ feed }) => feed);
    if (isWanted === (this.#feed !== null)) return;
    this.#feed?.abort();
    this.#feed = isWanted ? new AbortController() : null;
    if (!this.#feed) return;
    followFeed({
      signal: this.#feed.signal,
      heard: (heard) => this.#tellListeners({ heard }),
      more: (more) => this.#tellListeners({ more }),
      health: (feed) => this.#tellAll({ feed }),
    });
  }

  /** @param {Told} told */
  #tellListeners(told) {
    for (const [port, { feed }] of this.#tabs) if (feed) port.postMessage(told);
  }

  /** @param {Told} health */
  #tellAll(health) {
    Object.assign(this.#health, health);
    for (const port of this.#tabs.keys()) port.postMessage(health);
  }
}
