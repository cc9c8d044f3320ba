/** Finding boxes in what models say. How their numbers are meant is told elsewhere: see `reading.js`. */

import { ExactNumber } from "../server/json.js";

/**
 * What four numbers are: corners (left, top, right, bottom), a corner and the size, the centre and the
 * size, or corners with the vertical first.
 * @typedef {"xyxy" | "xywh" | "cxcywh" | "yxyx"} Layout
 */

/**
 * A box as it is written.
 * @typedef {object} Mark
 * @property {number[]} numbers
 * @property {Layout} [layout] if the names around the numbers say it
 * @property {Layout} likely what it is most often where such names are used
 * @property {number} [whole] what the numbers are parts of, if their name says it
 * @property {string} label
 */

/** The most boxes of one result that are looked for, and the depth they are looked for in. */
const MOST = 1_000;
const DEEPEST = 8;

/** Objects whose members say what each number is. @type {[Layout, string[]][]} */
const MEMBERS = [
  ["xyxy", ["xmin", "ymin", "xmax", "ymax"]], ["xyxy", ["x1", "y1", "x2", "y2"]], ["xyxy", ["x0", "y0", "x1", "y1"]],
  ["xyxy", ["left", "top", "right", "bottom"]], ["xyxy", ["startx", "starty", "endx", "endy"]],
  ["cxcywh", ["cx", "cy", "w", "h"]], ["cxcywh", ["cx", "cy", "width", "height"]],
  ["cxcywh", ["xcenter", "ycenter", "width", "height"]], ["cxcywh", ["centerx", "centery", "width", "height"]],
  ["xywh", ["x", "y", "width", "height"]], ["xywh", ["x", "y", "w", "h"]], ["xywh", ["left", "top", "width", "height"]],
  ["xywh", ["xmin", "ymin", "width", "height"]],
];
const BOX_NAME = /(^|_)(b?box|bounding_?box|rect|rectangle|region|roi|xyxy|xywh|cxcywh)(es|s)?n?($|_|\d)/i;
/** Layouts that the names of lists, or a member beside them, spell out. @type {[RegExp, Layout, number?][]} */
const NAMED = [
  [/cxcywh|xywhn|yolo/i, "cxcywh"], [/xyxy|ltrb|pascal|voc/i, "xyxy"], [/xywh|ltwh|coco/i, "xywh"],
  [/^box_2d$/i, "yxyx", 1000], [/yxyx|^detection_boxes$/i, "yxyx"],
];
const FORMAT_NAME = /^(b?box(es)?_?)?format$/i;
/** Lists of whole numbers that mean a corner and the size: as COCO writes them, and OpenCV. */
const SIZED_NAME = /bbox|rect|region|roi/i;
const LABEL_NAMES = ["label", "class", "name", "category", "class_name", "text"];
const LABELS_NAMES = ["labels", "class_names", "classes", "names", "categories", "detection_class_entities", "detection_classes"];
const SCORE_NAMES = ["score", "confidence", "probability", "conf"];
const SCORES_NAMES = ["scores", "confidences", "probabilities", "confs", "detection_scores"];

/** What is known on the way to a box. @typedef {{name: string, label: string, format: string, depth: number}} Place */

/**
 * All boxes in a result.
 * @param {unknown} result
 * @returns {Mark[]}
 */
export function boxesIn(result) {
  /** @type {Mark[]} */
  const marks = [];
  search(result, { name: "", label: "", format: "", depth: 0 }, marks);
  return marks;
}

/** @param {unknown} value @param {Place} place @param {Mark[]} marks */
function search(value, place, marks) {
  if (typeof value !== "object" || value === null || value instanceof ExactNumber) return;
  if (place.depth > DEEPEST || marks.length >= MOST) return;
  if (Array.isArray(value)) {
    const numbers = BOX_NAME.test(place.name) && value.length === 4 ? numbersOf(value) : undefined;
    if (numbers) add(numbers, place, undefined, marks);
    else for (const item of value) search(item, { ...place, depth: place.depth + 1 }, marks);
    return;
  }
  const object = /** @type {Record<string, unknown>} */ (value);
  const label = labelOf(object) || place.label;
  const format = Object.entries(object).find(([name, it]) => FORMAT_NAME.test(name) && typeof it === "string")?.[1] ?? place.format;
  const inner = { label, format: String(format), depth: place.depth + 1 };
  const own = memberBox(object);
  if (own) add(own.numbers, { ...place, ...inner }, own.layout, marks);
  for (const [name, item] of Object.entries(object)) {
    if (!parallel(object, name, item, inner, marks)) search(item, { ...inner, name }, marks);
  }
}

/**
 * `{boxes: […], labels: […], scores: […]}`: lists of which each has the same place for the same box.
 * @param {Record<string, unknown>} object
 * @param {string} name
 * @param {unknown} boxes
 * @param {Omit<Place, "name">} place
 * @param {Mark[]} marks
 * @returns {boolean} whether it is one
 */
function parallel(object, name, boxes, place, marks) {
  if (!Array.isArray(boxes) || !BOX_NAME.test(name) || !boxes.every(Array.isArray)) return false;
  const beside = (/** @type {string[]} */ names) => {
    const list = names.map((it) => object[it]).find((it) => Array.isArray(it) && it.length === boxes.length);
    return /** @type {unknown[]} */ (list ?? []);
  };
  const [labels, scores] = [beside(LABELS_NAMES), beside(SCORES_NAMES)];
  boxes.forEach((box, at) => {
    const label = described(labels[at], scores[at]) || place.label;
    search(box, { ...place, name, label }, marks);
  });
  return true;
}

/** @param {Record<string, unknown>} object */
function memberBox(object) {
  const members = new Map(Object.entries(object).map(([name, it]) => [name.toLowerCase().replaceAll("_", ""), it]));
  for (const [layout, names] of MEMBERS) {
    const numbers = numbersOf(names.map((name) => members.get(name)));
    if (numbers) return { layout, numbers };
  }
  return undefined;
}

/**
 * @param {number[]} numbers
 * @param {Place} place
 * @param {Layout | undefined} layout
 * @param {Mark[]} marks
 */
function add(numbers, { name, label, format }, layout, marks) {
  const named = layout ? undefined : NAMED.find(([pattern]) => pattern.test(name) || pattern.test(format));
  const likely = SIZED_NAME.test(name) ? "xywh" : "xyxy";
  marks.push({ numbers, layout: layout ?? named?.[1], likely, whole: named?.[2], label });
}

/** @param {unknown[]} values */
function numbersOf(values) {
  const numbers = values.map((it) => (typeof it === "number" || it instanceof ExactNumber ? Number(it) : NaN));
  return numbers.every(Number.isFinite) ? numbers : undefined;
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
  const score = SCORE_NAMES.map((name) => object[name]).find((it) => typeof it === "number" || it instanceof ExactNumber);
  return described(label, score);
}

/** @param {unknown} label @param {unknown} score */
function described(label, score) {
  const sure = score === undefined ? NaN : Number(score);
  const percent = sure >= 0 && sure <= 1 ? `${Math.round(sure * 100)} %` : "";
  const name = typeof label === "number" || label instanceof ExactNumber ? `class ${label}` : typeof label === "string" ? label : "";
  return [name, percent].filter(Boolean).join(" ").slice(0, 60);
}
