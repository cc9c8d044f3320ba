/** Laying out what a model says about a photo. Whatever it says is shown as text. */

import { colourOf } from "./colours.js";
import { h } from "./dom.js";
import { number } from "./format.js";
import { areScores, brief, hexOf, isObject, plain, sorted, swatch } from "./values.js";

/** How many entries of an object or list are shown, in a row of the list and in full. */
const FEW = 3;
const MANY = 100;

/** The most columns of a table; objects with more are shown as JSON. */
const MOST_COLUMNS = 8;

/** The most characters of a JSON text. */
const LONGEST = 20_000;

/**
 * A result, as wide as it likes and as high as it must.
 * @param {unknown} value
 * @returns {HTMLElement}
 */
export function fullResult(value) {
  return layOut(value, false);
}

/**
 * The beginning of a result, a few lines high.
 * @param {unknown} value
 * @returns {HTMLElement}
 */
export function shortResult(value) {
  return layOut(value, true);
}

/**
 * @param {unknown} value
 * @param {boolean} isShort
 * @returns {HTMLElement}
 */
function layOut(value, isShort) {
  if (!isObject(value)) return h("p", { class: "value" }, plain(value));
  if (Array.isArray(value)) return list(value, isShort);
  if (areScores(value)) return scores(value, isShort);
  return fields(value, isShort);
}

/**
 * @param {Record<string, unknown>} object
 * @param {boolean} isShort
 */
function fields(object, isShort) {
  const colour = colourOf(object);
  // The swatch says what the channels do.
  const entries = Object.entries(object).filter(([name]) => !(colour && isShort && "rgb".includes(name)));
  const shown = entries.slice(0, isShort ? FEW : MANY);
  const rows = shown.map(([name, value]) =>
    h("div", { class: "field" }, h("dt", {}, name), h("dd", {}, isShort ? brief(value) : nested(value))));
  const text = colour && isShort && !hexOf(object) && h("div", { class: "field" }, h("dt", {}, "colour"), h("dd", {}, colour));
  const body = h("dl", { class: "fields" }, text, ...rows, more(entries.length - shown.length));
  return colour ? h("div", { class: "coloured" }, swatch(colour), body) : body;
}

/**
 * @param {Record<string, number>} object
 * @param {boolean} isShort
 */
function scores(object, isShort) {
  const entries = sorted(object);
  const shown = entries.slice(0, isShort ? FEW : MANY);
  return h("dl", { class: "scores" }, ...shown.map(([name, score]) => {
    const level = h("span", { class: "level" });
    level.style.width = `${score * 100}%`;
    return h("div", { class: "field" }, h("dt", {}, name), h("dd", {}, h("span", { class: "track" }, level), plain(score)));
  }), more(entries.length - shown.length));
}

/**
 * @param {unknown[]} values
 * @param {boolean} isShort
 * @returns {HTMLElement}
 */
function list(values, isShort) {
  if (values.length === 0) return h("p", { class: "value" }, "none");
  if (values.some(isObject)) return table(values, isShort) ?? json(values, isShort);
  const shown = values.slice(0, isShort ? FEW * 2 : MANY);
  return h("ul", { class: "values" }, ...shown.map((value) => h("li", {}, plain(value))), more(values.length - shown.length, "li"));
}

/**
 * Objects that are alike, one a line; others are no table.
 * @param {unknown[]} items
 * @param {boolean} isShort
 */
function table(items, isShort) {
  const shown = items.slice(0, isShort ? FEW - 1 : MANY);
  if (!shown.every((item) => isObject(item) && !Array.isArray(item))) return undefined;
  const rows = /** @type {Record<string, unknown>[]} */ (shown);
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  if (names.length > MOST_COLUMNS) return undefined;
  return h("div", { class: "table" }, h("table", {},
    h("thead", {}, h("tr", {}, ...names.map((name) => h("th", { scope: "col" }, name)))),
    h("tbody", {}, ...rows.map((row) => h("tr", {}, ...names.map((name) => h("td", {}, brief(row[name]))))))),
  more(items.length - shown.length));
}

/**
 * @param {unknown} value
 * @param {boolean} isShort
 */
function json(value, isShort) {
  const text = JSON.stringify(value, null, isShort ? 0 : 2) ?? "";
  return h("pre", { class: "json" }, text.length > LONGEST ? `${text.slice(0, LONGEST)} …` : text);
}

/** A value inside a result that is shown in full. @param {unknown} value */
function nested(value) {
  return isObject(value) && Object.keys(value).length > 0 ? layOut(value, false) : brief(value);
}

/**
 * @param {number} count
 * @param {"div" | "li"} [tag]
 */
function more(count, tag = "div") {
  return count > 0 && h(tag, { class: "more" }, `and ${number(count)} more`);
}
