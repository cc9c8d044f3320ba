/** Hashing photos in a worker. */

import { workerScript } from "../shared/scripts.js";

/**
 * What came of reading a file: what it is, and its MD5 if it is a picture.
 * @typedef {{hash?: string, kind?: import("./formats.js").Kind, unreadable?: true}} Reading
 */

export class Hasher {
  /** @type {Map<number, (reading: Reading) => void>} */
  #asked = new Map();
  #next = 0;
  #worker = new Worker(workerScript("intake/hash-worker.js"), { type: "module" });

  constructor() {
    this.#worker.addEventListener("message", ({ data: { id, ...reading } }) => {
      this.#asked.get(id)?.(reading);
      this.#asked.delete(id);
    });
  }

  /**
   * Reads a file from its beginning to its end. Files are read one after the other.
   * @param {File} file
   * @returns {Promise<Reading>}
   */
  read(file) {
    const id = this.#next;
    this.#next += 1;
    return new Promise((resolve) => {
      this.#asked.set(id, resolve);
      this.#worker.postMessage({ id, file });
    });
  }
}
