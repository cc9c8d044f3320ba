/** Showing what a model says in one line, as text. */

import { ExactNumber } from "../server/json.js";
import { h } from "../shared/dom.js";
import { counted, exactly, number } from "../shared/format.js";
import { labelOf } from "../boxes/boxes.js";
import { colourOf } from "./colours.js";

/** The most characters of a text in a line. */
const SHORT = 200;

/** How far from 1 the sum of scores may be: they are rounded. */
const SLACK = 0.02;

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
  return h("span", { class: "scalar", dir: "auto" }, parts.join(", ").slice(0, SHORT) || "nothing");
}

/**
 * The beginning of a value that has no others in it.
 * @param {unknown} value
 * @returns {HTMLElement}
 */
export function plain(value) {
  const colour = colourOf(value);
  if (colour) return h("span", { class: "scalar" }, swatch(colour), String(value));
  if (typeof value === "string") return h("span", { class: "scalar", dir: "auto" }, value.slice(0, SHORT));
  const isNumber = typeof value === "number" || value instanceof ExactNumber;
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

/** Whether a value has others in it. @param {unknown} value @returns {value is Record<string, unknown>} */
export function isObject(value) {
  return typeof value === "object" && value !== null && !(value instanceof ExactNumber);
}

/**
 * Whether these are parts of a whole: a number from 0 to 1 for each name, and all of them make 1. Other
 * numbers from 0 to 1 may be anything.
 * @param {Record<string, unknown>} object
 */
export function areScores(object) {
  const values = Object.values(object).map((it) => (typeof it === "number" || it instanceof ExactNumber ? Number(it) : NaN));
  if (values.length < 2 || !values.every((it) => it >= 0 && it <= 1)) return false;
  return Math.abs(values.reduce((sum, it) => sum + it, 0) - 1) <= SLACK;
}

/**
 * Scores, the highest first.
 * @param {Record<string, unknown>} object
 * @returns {[string, number][]}
 */
export function sorted(object) {
  const scores = Object.entries(object).map(([name, score]) => /** @type {[string, number]} */ ([name, Number(score)]));
  return scores.sort(([, a], [, b]) => b - a);
}

/** @param {unknown[]} values */
function briefList(values) {
  if (values.length === 0) return "none";
  if (values.length <= 6 && values.every((item) => !isObject(item))) return values.map(scalar).join(", ");
  return values.map(labelOf).filter(Boolean).join(", ").slice(0, SHORT) || counted(values.length, "item");
}

/** @param {unknown} value */
function scalar(value) {
  if (value instanceof ExactNumber) return exactly(value.source);
  if (typeof value === "number") return number(value);
  if (value === null || value === undefined) return "–";
  return String(value).slice(0, SHORT);
}
