/** Laying out what a model says about a photo. Whatever it says is shown as text. */

import { colourOf } from "./colours.js";
import { h } from "./dom.js";
import { number } from "./format.js";
import { areScores, brief, hexOf, isObject, plain, sorted, swatch } from "./values.js";

/** How many lines a result has in a row of the list, and how many entries are shown of it in full. */
const LINES = 3;
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
  const all = Object.entries(object);
  // The swatch says what the channels do.
  const entries = colour && isShort ? all.filter(([name, value]) => !"rgb".includes(name) && !colourOf(value)) : all;
  const shown = entries.slice(0, isShort ? few(entries.length, colour ? LINES - 1 : LINES) : MANY);
  const rows = shown.map(([name, value]) =>
    h("div", { class: "field" }, h("dt", {}, name), h("dd", {}, isShort ? brief(value) : nested(value))));
  const body = rows.length > 0 && withRest(h("dl", { class: "fields" }, ...rows), entries.length - shown.length);
  if (!colour) return body || h("p", { class: "value" }, "nothing");
  const text = isShort && h("p", { class: "value" }, hexOf(object) ?? colour);
  return h("div", { class: "coloured" }, swatch(colour), h("div", {}, text, body));
}

/**
 * @param {Record<string, number>} object
 * @param {boolean} isShort
 */
function scores(object, isShort) {
  const entries = sorted(object);
  const shown = entries.slice(0, isShort ? few(entries.length, LINES) : MANY);
  const rows = shown.map(([name, score]) => {
    const level = h("span", { class: "level" });
    level.style.width = `${score * 100}%`;
    return h("div", { class: "field" }, h("dt", {}, name), h("dd", {}, h("span", { class: "track" }, level), isShort ? score.toFixed(2) : plain(score)));
  });
  return withRest(h("dl", { class: "scores" }, ...rows), entries.length - shown.length);
}

/**
 * @param {unknown[]} values
 * @param {boolean} isShort
 * @returns {HTMLElement}
 */
function list(values, isShort) {
  if (values.length === 0) return h("p", { class: "value" }, "none");
  if (values.some(isObject)) return table(values, isShort) ?? json(values, isShort);
  const shown = values.slice(0, isShort ? LINES * 2 : MANY);
  return withRest(h("ul", { class: "values" }, ...shown.map((value) => h("li", {}, plain(value)))), values.length - shown.length);
}

/**
 * Objects that are alike, one a line; others are no table.
 * @param {unknown[]} items
 * @param {boolean} isShort
 */
function table(items, isShort) {
  // The names of the columns take a line.
  const shown = items.slice(0, isShort ? few(items.length, LINES - 1) : MANY);
  if (!shown.every((item) => isObject(item) && !Array.isArray(item))) return undefined;
  const rows = /** @type {Record<string, unknown>[]} */ (shown);
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  if (names.length > MOST_COLUMNS) return undefined;
  const whole = h("table", {},
    h("thead", {}, h("tr", {}, ...names.map((name) => h("th", { scope: "col" }, name)))),
    h("tbody", {}, ...rows.map((row) => h("tr", {}, ...names.map((name) => h("td", {}, brief(row[name])))))));
  return h("div", { class: "table" }, withRest(whole, items.length - shown.length));
}

/**
 * @param {unknown} value
 * @param {boolean} isShort
 */
function json(value, isShort) {
  const text = JSON.stringify(value, null, isShort ? 0 : 2) ?? "";
  return h("pre", { class: "json" }, text.length > LONGEST ? `${text.slice(0, LONGEST)} …` : text);
}

/**
 * How many of so many entries are shown in so many lines, of which what is said about the rest takes one.
 * @param {number} entries
 * @param {number} lines
 */
function few(entries, lines) {
  return entries > lines ? lines - 1 : lines;
}

/** A value inside a result that is shown in full. @param {unknown} value */
function nested(value) {
  return isObject(value) && Object.keys(value).length > 0 ? layOut(value, false) : brief(value);
}

/**
 * What is shown of a result, and how much is not.
 * @param {HTMLElement} shown
 * @param {number} rest
 */
function withRest(shown, rest) {
  return rest > 0 ? h("div", { class: "shortened" }, shown, h("p", { class: "more" }, `and ${number(rest)} more`)) : shown;
}
