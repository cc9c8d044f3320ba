/** Long lists and texts, of which the page makes a part at a time: the next one when it is asked for. */

import { h, setText } from "../shared/dom.js";
import { number } from "../shared/format.js";

/** How many items are made at first, and with each step. */
const FIRST = 100;
const STEP = 500;

/** How many characters of a text. */
const FIRST_CHARACTERS = 20_000;
const STEP_CHARACTERS = 200_000;

/**
 * An element with an item for each value. If they are many it is in another one, before a button.
 * @template T
 * @param {"dl" | "ul" | "ol" | "tbody"} tag
 * @param {string} name its class
 * @param {T[]} values
 * @param {(value: T) => HTMLElement} make
 * @returns {HTMLElement}
 */
export function inParts(tag, name, values, make) {
  const element = h(tag, { class: name || null }, ...values.slice(0, FIRST).map((value) => make(value)));
  return withMore(element, FIRST, values.length, STEP, (from, end) => element.append(...values.slice(from, end).map((value) => make(value))));
}

/**
 * A text with its line breaks, in the direction of its script.
 * @param {string} text
 * @param {string} name the class
 * @returns {HTMLElement}
 */
export function longText(text, name) {
  const element = h(name === "json" ? "pre" : "p", { class: `${name} text`, dir: name === "json" ? null : "auto" }, text.slice(0, FIRST_CHARACTERS));
  return withMore(element, FIRST_CHARACTERS, text.length, STEP_CHARACTERS, (from, end) => element.append(text.slice(from, end)));
}

/**
 * @param {HTMLElement} element
 * @param {number} shown
 * @param {number} all
 * @param {number} step
 * @param {(from: number, end: number) => void} add
 */
function withMore(element, shown, all, step, add) {
  if (all <= shown) return element;
  const button = h("button", { type: "button", class: "link" });
  const rest = h("p", { class: "more" }, button);
  const tell = () => {
    setText(button, `Show ${number(Math.min(step, all - shown))} more of ${number(all)}`);
    rest.hidden = shown >= all;
  };
  button.addEventListener("click", () => {
    const end = Math.min(all, shown + step);
    add(shown, end);
    shown = end;
    tell();
  });
  tell();
  return h("div", { class: "shortened" }, element, rest);
}
