/** Keeping the list the same in all tabs: what one adds, changes or removes, the others do too. */

import { PLACE } from "../server/api.js";
import { pause } from "../shared/pause.js";
import { kept } from "./storage.js";

/** @typedef {import("../list/photos.js").Photo} Photo */
/** @typedef {import("./storage.js").Kept} Kept */

/** How long other tabs have to say what they are sending. They answer at once unless they are busy. */
const ANSWER_MS = 400;

/**
 * What tabs tell each other: photos as they are now, ids of removed ones, the question what each tab
 * works on, the answer, and that a tab is closed.
 * @typedef {{changed?: Kept[], removed?: string[], ask?: true, busy?: string[], closed?: true}} Word
 */

export class Tabs {
  #channel = globalThis.BroadcastChannel ? new BroadcastChannel(`photos${PLACE}`) : null;
  /** What other tabs work on, as far as they were asked. @type {Set<string>} */
  #busy = new Set();

  /**
   * @param {object} told
   * @param {(photos: Kept[]) => void} told.changed
   * @param {(ids: string[]) => void} told.removed
   * @param {(ids: string[]) => void} told.left a tab was closed while it worked on these
   * @param {() => readonly Photo[]} told.working the photos this tab reads or sends
   */
  constructor(told) {
    this.told = told;
    this.#channel?.addEventListener("message", ({ data }) => this.#hear(data));
    addEventListener("pagehide", () => this.#say({ closed: true, busy: this.#working() }));
  }

  /** The ids of the photos that other tabs read or send at this moment. @returns {Promise<Set<string>>} */
  async busy() {
    this.#busy = new Set();
    this.#say({ ask: true });
    if (this.#channel) await pause(ANSWER_MS);
    return this.#busy;
  }

  /** @param {Iterable<Photo>} changed @param {Iterable<Photo>} removed */
  tell(changed, removed) {
    const photos = Array.from(changed, kept);
    const ids = Array.from(removed, ({ id }) => id);
    if (photos.length > 0) this.#say({ changed: photos });
    if (ids.length > 0) this.#say({ removed: ids });
  }

  /** @param {Word} word */
  #hear({ changed, removed, ask, busy, closed }) {
    if (changed) this.told.changed(changed);
    if (removed) this.told.removed(removed);
    if (ask) this.#say({ busy: this.#working() });
    if (busy && closed) this.told.left(busy);
    else for (const id of busy ?? []) this.#busy.add(id);
  }

  #working() {
    return this.told.working().map(({ id }) => id);
  }

  /** @param {Word} word */
  #say(word) {
    this.#channel?.postMessage(word);
  }
}
