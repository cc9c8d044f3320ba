/** A small line that shows how a number went. */

import { h, setText, svg } from "../shared/dom.js";
import { span } from "../shared/format.js";
import { SPAN_MS } from "./history.js";

/** @typedef {import("./history.js").Point} Point */

const WIDTH = 200;
const HEIGHT = 36;

/** A line is drawn over this long at least; a younger history does not fill it. */
const LEAST_SPAN_MS = 60_000;

export class Sparkline {
  #line = svg("path", { class: "line" });
  #area = svg("path", { class: "area" });
  #most = h("span", { class: "most" });
  #picture = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img" }, this.#area, this.#line);
  element;

  /**
   * @param {string} name of what is shown
   * @param {(value: number) => string} format
   */
  constructor(name, format) {
    this.name = name;
    this.format = format;
    this.element = h("figure", { class: "spark" }, h("figcaption", {}, name, " ", this.#most), this.#picture);
  }

  /**
   * @param {readonly Point[]} points
   * @param {number} now
   */
  show(points, now) {
    const most = Math.max(0, ...points.map(({ value }) => value));
    const from = Math.max(now - SPAN_MS, Math.min(now - LEAST_SPAN_MS, points[0]?.at ?? now));
    const x = (/** @type {number} */ at) => ((WIDTH * (at - from)) / (now - from)).toFixed(1);
    const y = (/** @type {number} */ value) => (HEIGHT - 2 - ((HEIGHT - 4) * value) / (most || 1)).toFixed(1);
    const line = points.map(({ at, value }, index) => `${index === 0 ? "M" : "L"}${x(at)} ${y(value)}`).join("");
    this.#line.setAttribute("d", line);
    this.#area.setAttribute("d", points.length > 1 ? `${line}L${x(points[points.length - 1].at)} ${HEIGHT}L${x(points[0].at)} ${HEIGHT}Z` : "");
    setText(this.#most, points.length > 0 ? `at most ${this.format(most)}` : "");
    const last = points.at(-1)?.value ?? 0;
    this.#picture.setAttribute("aria-label", `${this.name}: now ${this.format(last)}, at most ${this.format(most)} in the last ${span(now - from)}`);
  }
}
