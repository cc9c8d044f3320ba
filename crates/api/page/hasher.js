/** Hashing photos in a worker. */

const WORKER = trusted("/page/hash-worker.js");

/**
 * What came of reading a file: its MD5, or why there is none.
 * @typedef {{hash?: string, notPhoto?: true, unreadable?: true}} Reading
 */

export class Hasher {
  /** @type {Map<number, (reading: Reading) => void>} */
  #asked = new Map();
  #next = 0;
  #worker = new Worker(WORKER, { type: "module" });

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

/**
 * The server's policy lets no text name a script, but for what this one policy of the page makes.
 * @param {string} script
 * @returns {string}
 */
function trusted(script) {
  const types = /** @type {any} */ (globalThis).trustedTypes;
  if (!types) return script;
  return types.createPolicy("page-worker", { createScriptURL: () => script }).createScriptURL("");
}
