/** Drawing the boxes of a photo's results over its picture. */

import { svg } from "../shared/dom.js";
import { keepSetting, setting } from "../shared/settings.js";
import { boxesIn } from "./boxes.js";
import { placed, readingOf } from "./reading.js";

/** @typedef {import("./reading.js").Box} Box */
/** @typedef {import("./reading.js").Choice} Choice */

/** What is drawn of one model. @typedef {{model: string, marks: import("./boxes.js").Mark[]}} Found */

/** The most boxes that are drawn. */
const MOST = 300;

/** The name under which it is kept how a person reads each model's boxes. */
const SETTING = "boxes";

/**
 * The results that have boxes.
 * @param {import("../server/api.js").ImageView | undefined} view
 * @returns {Found[]}
 */
export function boxesOf(view) {
  const found = Object.entries(view?.results ?? {}).map(([model, result]) => ({ model, marks: boxesIn(result) }));
  return found.filter(({ marks }) => marks.length > 0);
}

/** @param {string} model @returns {Choice} */
export function choiceOf(model) {
  return setting(SETTING, /** @type {Record<string, Choice>} */ ({}))[model] ?? {};
}

/** @param {string} model @param {Choice} choice */
export function choose(model, choice) {
  const all = setting(SETTING, /** @type {Record<string, Choice>} */ ({}));
  keepSetting(SETTING, { ...all, [model]: { ...all[model], ...choice } });
}

/**
 * @param {Found[]} found
 * @param {import("./reading.js").Size} size
 * @returns {Box[]}
 */
export function allPlaced(found, size) {
  return found.flatMap(({ model, marks }) => placed(marks, readingOf(marks, size, choiceOf(model)), size).boxes);
}

/**
 * A drawing of boxes, to lie over a picture of this size.
 * @param {Box[]} boxes
 * @param {{width: number, height: number}} picture
 * @param {boolean} withLabels
 */
export function drawing(boxes, { width, height }, withLabels) {
  const letter = Math.max(width, height) / 42;
  const marks = boxes.slice(0, MOST).flatMap((box) => {
    const [x, y] = [box.x * width, box.y * height];
    const mark = svg("rect", { x, y, width: box.width * width, height: box.height * height, rx: letter / 6 });
    if (!withLabels || !box.label) return [mark];
    const above = y > letter * 1.4 ? y - letter * 0.4 : y + letter;
    return [mark, svg("text", { x: x + letter * 0.2, y: above, "font-size": letter }, box.label)];
  });
  return svg("svg", { class: "boxes", viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" }, ...marks);
}
