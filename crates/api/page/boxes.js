/** Finding boxes in what models say, and drawing them over a photo. */

import { svg } from "./dom.js";

/**
 * A part of a photo, in its pixels, or in parts of its width and height.
 * @typedef {{x: number, y: number, width: number, height: number, inParts: boolean, label: string}} Box
 */

/** The most boxes of one photo that are drawn, and the depth they are looked for in. */
const MOST = 200;
const DEEPEST = 6;

/** The names that boxes have in models' answers: left, top, and then size or right and bottom. */
const SIZED = [["x", "y", "width", "height"], ["x", "y", "w", "h"], ["left", "top", "width", "height"]];
const CORNERS = [
  ["xmin", "ymin", "xmax", "ymax"], ["x_min", "y_min", "x_max", "y_max"],
  ["x1", "y1", "x2", "y2"], ["x0", "y0", "x1", "y1"], ["left", "top", "right", "bottom"],
];
const BOX_NAMES = /^(b?box|bounding_?box|rect|rectangle|region|roi)(es|s)?$/i;
const LABEL_NAMES = ["label", "class", "name", "category", "text"];
const SCORE_NAMES = ["score", "confidence", "probability"];

/**
 * All boxes in a result.
 * @param {unknown} result
 * @returns {Box[]}
 */
export function boxesIn(result) {
  /** @type {Box[]} */
  const boxes = [];
  search(result, false, "", 0, boxes);
  return boxes;
}

/**
 * A drawing of boxes, to lie over a photo of this size.
 * @param {Box[]} boxes
 * @param {{width: number, height: number}} size
 * @param {boolean} withLabels
 */
export function drawing(boxes, { width, height }, withLabels) {
  const letter = Math.max(width, height) / 42;
  const marks = boxes.flatMap((box) => {
    const [across, down] = box.inParts ? [width, height] : [1, 1];
    const [x, y] = [box.x * across, box.y * down];
    const mark = svg("rect", { x, y, width: box.width * across, height: box.height * down, rx: letter / 6 });
    if (!withLabels || !box.label) return [mark];
    const above = y > letter * 1.4 ? y - letter * 0.4 : y + letter;
    return [mark, svg("text", { x: x + letter * 0.2, y: above, "font-size": letter }, box.label)];
  });
  return svg("svg", { class: "boxes", viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" }, ...marks);
}

/**
 * @param {unknown} value
 * @param {boolean} isBox whether the name of the value says that it is a box
 * @param {string} label
 * @param {number} depth
 * @param {Box[]} boxes
 */
function search(value, isBox, label, depth, boxes) {
  if (typeof value !== "object" || value === null || depth > DEEPEST || boxes.length >= MOST) return;
  if (Array.isArray(value)) {
    const box = isBox && value.length === 4 ? boxOf(/** @type {any} */ (value), label) : undefined;
    if (box) boxes.push(box);
    else for (const item of value) search(item, isBox, label, depth + 1, boxes);
    return;
  }
  const object = /** @type {Record<string, unknown>} */ (value);
  const own = labelOf(object) || label;
  const box = namedBox(object, own);
  if (box) boxes.push(box);
  for (const [name, item] of Object.entries(object)) search(item, BOX_NAMES.test(name), own, depth + 1, boxes);
}

/**
 * @param {Record<string, unknown>} object
 * @param {string} label
 */
function namedBox(object, label) {
  for (const names of SIZED) {
    const numbers = names.map((name) => object[name]);
    if (numbers.every((it) => typeof it === "number")) return boxOf(numbers, label);
  }
  for (const names of CORNERS) {
    const numbers = names.map((name) => object[name]);
    if (!numbers.every((it) => typeof it === "number")) continue;
    const [left, top, right, bottom] = numbers;
    return boxOf([left, top, right - left, bottom - top], label);
  }
  return undefined;
}

/**
 * @param {number[]} numbers
 * @param {string} label
 * @returns {Box | undefined}
 */
function boxOf(numbers, label) {
  const [x, y, width, height] = numbers;
  if (!numbers.every(Number.isFinite) || width <= 0 || height <= 0) return undefined;
  // A box of at most one pixel says nothing; one of at most one is in parts.
  const inParts = numbers.every((it) => it >= 0 && it <= 1);
  return { x, y, width, height, inParts, label };
}

/**
 * What an object says it is, and how sure it is of that.
 * @param {unknown} value
 * @returns {string}
 */
export function labelOf(value) {
  if (typeof value !== "object" || value === null) return "";
  const object = /** @type {Record<string, unknown>} */ (value);
  const label = LABEL_NAMES.map((name) => object[name]).find((it) => typeof it === "string");
  const score = SCORE_NAMES.map((name) => object[name]).find((it) => typeof it === "number");
  const percent = typeof score === "number" && score >= 0 && score <= 1 ? `${Math.round(score * 100)} %` : "";
  return [label, percent].filter(Boolean).join(" ").slice(0, 60);
}
