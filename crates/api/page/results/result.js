/** Laying out what a model says about a photo. Whatever it says is shown as text. */

import { ExactNumber, stringify } from "../server/json.js";
import { h } from "../shared/dom.js";
import { exactly, number } from "../shared/format.js";
import { colourOf } from "./colours.js";
import { inParts, longText } from "./parts.js";
import { areScores, brief, hexOf, isObject, plain, sorted, swatch } from "./values.js";

/** How many lines a result has in a row of the list. */
const LINES = 3;

/** The most columns of a table; objects with more are shown one below the other. */
const MOST_COLUMNS = { short: 8, full: 40 };

/** How deep values are laid out; what is deeper is shown as JSON. */
const DEEPEST = 12;

/**
 * A result, all of it: as wide as it likes and as high as it must.
 * @param {unknown} value
 * @param {number} [depth] within the result
 * @returns {HTMLElement}
 */
export function fullResult(value, depth = 0) {
  if (depth > DEEPEST) return longText(stringify(value, 1), "json");
  const inner = (/** @type {unknown} */ it) => fullResult(it, depth + 1);
  if (typeof value === "string") return colourOf(value) ? plain(value) : longText(value, "value");
  if (value instanceof ExactNumber) return h("p", { class: "value number", title: value.source }, exactly(value.source));
  if (!isObject(value)) return h("p", { class: "value" }, plain(value));
  if (Array.isArray(value)) return list(value, inner);
  if (areScores(value)) return inParts("dl", "scores", sorted(value), score);
  return fields(value, inner);
}

/**
 * The beginning of a result, a few lines high.
 * @param {unknown} value
 * @returns {HTMLElement}
 */
export function shortResult(value) {
  if (!isObject(value)) return h("p", { class: "value" }, plain(value));
  if (Array.isArray(value)) return shortList(value);
  if (areScores(value)) {
    const entries = sorted(value);
    const shown = entries.slice(0, few(entries.length, LINES));
    return withRest(h("dl", { class: "scores" }, ...shown.map(([name, it]) => score([name, it], 2))), entries.length - shown.length);
  }
  return shortFields(value);
}

/**
 * @param {Record<string, unknown>} object
 * @param {(value: unknown) => HTMLElement} inner
 */
function fields(object, inner) {
  const entries = Object.entries(object);
  if (entries.length === 0) return h("p", { class: "value" }, "nothing");
  const body = inParts("dl", "fields", entries, ([name, value]) =>
    h("div", { class: "field" }, h("dt", { dir: "auto" }, name), h("dd", {}, isObject(value) || typeof value === "string" ? inner(value) : brief(value))));
  const colour = colourOf(object);
  return colour ? h("div", { class: "coloured" }, swatch(colour), h("div", {}, body)) : body;
}

/** @param {Record<string, unknown>} object */
function shortFields(object) {
  const colour = colourOf(object);
  const all = Object.entries(object);
  // The swatch says what the channels do.
  const entries = colour ? all.filter(([name, value]) => !"rgb".includes(name) && !colourOf(value)) : all;
  const shown = entries.slice(0, few(entries.length, colour ? LINES - 1 : LINES));
  const rows = shown.map(([name, value]) => h("div", { class: "field" }, h("dt", {}, name), h("dd", {}, brief(value))));
  const body = rows.length > 0 && withRest(h("dl", { class: "fields" }, ...rows), entries.length - shown.length);
  if (!colour) return body || h("p", { class: "value" }, "nothing");
  return h("div", { class: "coloured" }, swatch(colour), h("div", {}, h("p", { class: "value" }, hexOf(object) ?? colour), body));
}

/** @param {[string, number]} entry @param {number} [digits] */
function score([name, value], digits) {
  const level = h("span", { class: "level" });
  level.style.width = `${value * 100}%`;
  return h("div", { class: "field" }, h("dt", { dir: "auto" }, name),
    h("dd", {}, h("span", { class: "track" }, level), digits === undefined ? plain(value) : value.toFixed(digits)));
}

/**
 * @param {unknown[]} values
 * @param {(value: unknown) => HTMLElement} inner
 */
function list(values, inner) {
  if (values.length === 0) return h("p", { class: "value" }, "none");
  if (!values.some(isObject)) {
    const isText = values.some((it) => typeof it === "string" && it.length > 40);
    return inParts(isText ? "ol" : "ul", isText ? "items" : "values", values, (value) => h("li", {}, isText ? inner(value) : plain(value)));
  }
  const names = columnsOf(values, MOST_COLUMNS.full);
  if (!names) return inParts("ol", "items", values, (value) => h("li", {}, inner(value)));
  const cell = (/** @type {unknown} */ value) => (isObject(value) && Object.keys(value).length > 0 && !colourOf(value) ? inner(value) : wholeCell(value));
  const rows = inParts("tbody", "", values, (value) => h("tr", {}, ...names.map((name) => h("td", {}, cell(/** @type {any} */ (value)[name])))));
  // What is said about the rest belongs below the table.
  const [body, ...rest] = rows instanceof HTMLTableSectionElement ? [rows] : Array.from(rows.children);
  const whole = h("table", {}, head(names), body);
  return h("div", { class: "table", tabindex: 0, role: "region", "aria-label": "Table" }, whole, ...rest);
}

/** A value in a cell, with all of its text. @param {unknown} value */
function wholeCell(value) {
  return typeof value === "string" ? longText(value, "value") : value === undefined ? "" : brief(value);
}

/** @param {unknown[]} values */
function shortList(values) {
  if (values.length === 0) return h("p", { class: "value" }, "none");
  if (!values.some(isObject)) {
    const shown = values.slice(0, LINES * 2);
    return withRest(h("ul", { class: "values" }, ...shown.map((value) => h("li", {}, plain(value)))), values.length - shown.length);
  }
  // The names of the columns take a line.
  const shown = values.slice(0, few(values.length, LINES - 1));
  const names = columnsOf(shown, MOST_COLUMNS.short);
  if (!names) return h("pre", { class: "json" }, stringify(values.slice(0, LINES)).slice(0, 300));
  const rows = /** @type {Record<string, unknown>[]} */ (shown);
  const whole = h("table", {}, head(names),
    h("tbody", {}, ...rows.map((row) => h("tr", {}, ...names.map((name) => h("td", {}, brief(row[name])))))));
  return h("div", { class: "table" }, withRest(whole, values.length - shown.length));
}

/** @param {string[]} names */
function head(names) {
  return h("thead", {}, h("tr", {}, ...names.map((name) => h("th", { scope: "col" }, name))));
}

/**
 * The columns of objects that are alike; others are no table.
 * @param {unknown[]} items
 * @param {number} most
 */
function columnsOf(items, most) {
  if (!items.every((item) => isObject(item) && !Array.isArray(item))) return undefined;
  const names = [...new Set(items.flatMap((item) => Object.keys(/** @type {object} */ (item))))];
  return names.length > 0 && names.length <= most ? names : undefined;
}

/**
 * How many of so many entries are shown in so many lines, of which what is said about the rest takes one.
 * @param {number} entries
 * @param {number} lines
 */
function few(entries, lines) {
  return entries > lines ? lines - 1 : lines;
}

/**
 * What is shown of a result, and how much is not.
 * @param {HTMLElement} shown
 * @param {number} rest
 */
function withRest(shown, rest) {
  return rest > 0 ? h("div", { class: "shortened" }, shown, h("p", { class: "more" }, `and ${number(rest)} more`)) : shown;
}
