/** What models did over the last minutes, as far as this page saw it. */

/** How far back it goes. */
export const SPAN_MS = 10 * 60_000;

/** @typedef {{at: number, value: number}} Point */

export class History {
  /** @type {Map<string, Point[]>} */
  #points = new Map();

  /**
   * @param {string} name of what is measured
   * @param {number} at in milliseconds
   * @param {number} value
   */
  add(name, at, value) {
    const points = this.#points.get(name) ?? [];
    points.push({ at, value });
    while (points[0].at < at - SPAN_MS) points.shift();
    this.#points.set(name, points);
  }

  /**
   * @param {string} name
   * @returns {readonly Point[]}
   */
  of(name) {
    return this.#points.get(name) ?? [];
  }
}
