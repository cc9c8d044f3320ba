/** What the server takes, so that a photo it would refuse is not sent. */

import { get } from "../server/api.js";
import { bytes } from "../shared/format.js";

/** @typedef {{image_bytes?: number, formats?: string[]}} Said */

export class Limits {
  /** @type {Promise<Said> | undefined} */
  #asking;

  /**
   * Why the server will not take a photo of this size, if so.
   * @param {number} size in bytes
   */
  async refusalOfSize(size) {
    const { image_bytes: most = Infinity } = await this.#said();
    return size > most ? `The photo has ${bytes(size)}; the server takes ${bytes(most)} at most.` : undefined;
  }

  /**
   * Why the server will not take a file of this kind, if so.
   * @param {import("./formats.js").Kind} kind
   */
  async refusalOfKind({ name, format }) {
    if (!format) return `This is ${name}, and no photo.`;
    const { formats } = await this.#said();
    return formats && !formats.includes(format) ? `This is ${name}, which the server does not take.` : undefined;
  }

  /** Asked once; again while there is no answer: the server itself will say then. @returns {Promise<Said>} */
  async #said() {
    this.#asking ??= get("/").then(({ limits = {} }) => limits);
    try {
      return await this.#asking;
    } catch {
      this.#asking = undefined;
      return {};
    }
  }
}
