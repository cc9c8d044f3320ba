/** Showing what a model says in one line, as text. */

import { labelOf } from "./boxes.js";
import { colourOf } from "./colours.js";
import { h } from "./dom.js";
import { counted, number } from "./format.js";

/** The most characters of a text, and of one among others. */
const LONGEST = 20_000;
const SHORT = 200;

/**
 * A value in one line.
 * @param {unknown} value
 * @returns {HTMLElement}
 */
export function brief(value) {
  if (!isObject(value)) return plain(value);
  const colour = colourOf(value);
  if (colour) return h("span", { class: "scalar" }, swatch(colour), hexOf(value) ?? colour);
  if (Array.isArray(value)) return h("span", { class: "scalar" }, briefList(value));
  if (areScores(value)) {
    const [[best, score]] = sorted(value);
    return h("span", { class: "scalar" }, `${best} ${number(score)}`);
  }
  const parts = Object.entries(value).map(([name, item]) => `${name} ${isObject(item) ? brief(item).textContent : scalar(item)}`);
  return h("span", { class: "scalar" }, parts.join(", ").slice(0, SHORT) || "nothing");
}

/**
 * A value that has no others in it.
 * @param {unknown} value
 * @returns {HTMLElement}
 */
export function plain(value) {
  const colour = colourOf(value);
  if (colour) return h("span", { class: "scalar" }, swatch(colour), String(value));
  const isNumber = typeof value === "number";
  return h("span", { class: isNumber ? "scalar number" : "scalar", title: isNumber ? String(value) : null }, scalar(value));
}

/** @param {string} colour */
export function swatch(colour) {
  const element = h("span", { class: "swatch", "aria-hidden": "true" });
  element.style.backgroundColor = colour;
  return element;
}

/**
 * The way a coloured object writes its colour itself.
 * @param {Record<string, unknown>} object
 */
export function hexOf(object) {
  const hex = Object.values(object).find((it) => typeof it === "string" && colourOf(it));
  return typeof hex === "string" ? hex : undefined;
}

/** @param {unknown} value @returns {value is Record<string, unknown>} */
export function isObject(value) {
  return typeof value === "object" && value !== null;
}

/**
 * Whether these are parts of a whole, or probabilities: a number from 0 to 1 for each name.
 * @param {Record<string, unknown>} object
 * @returns {object is Record<string, number>}
 */
export function areScores(object) {
  const values = Object.values(object);
  return values.length > 1 && !("x" in object) && values.every((it) => typeof it === "number" && it >= 0 && it <= 1);
}

/**
 * Scores, the highest first.
 * @param {Record<string, number>} object
 */
export function sorted(object) {
  return Object.entries(object).sort(([, a], [, b]) => b - a);
}

/** @param {unknown[]} values */
function briefList(values) {
  if (values.length === 0) return "none";
  if (values.length <= 6 && values.every((item) => !isObject(item))) return values.map(scalar).join(", ");
  return values.map(labelOf).filter(Boolean).join(", ").slice(0, SHORT) || counted(values.length, "item");
}

/** @param {unknown} value */
function scalar(value) {
  if (typeof value === "number") return number(value);
  if (value === null || value === undefined) return "–";
  return String(value).slice(0, LONGEST);
}
