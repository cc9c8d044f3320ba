/** Texts of the description, in which backticks set words as code. */

import { h } from "../shared/dom.js";

/**
 * @param {string} [text]
 * @returns {HTMLElement[]}
 */
export function paragraphs(text) {
  return text ? text.split("\n\n").map((part) => h("p", {}, ...words(part))) : [];
}

/**
 * @param {string} text
 * @returns {(string | HTMLElement)[]}
 */
export function words(text) {
  return text.split("`").map((part, index) => index % 2 ? h("code", {}, part) : part);
}
