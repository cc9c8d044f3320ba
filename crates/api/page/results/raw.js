/** A result as the model sent it. */

import { h, setText } from "../shared/dom.js";
import { longText } from "./parts.js";

/** How long the button says that it was done. */
const SAID_MS = 2_000;

/**
 * What opens the JSON, and copies it.
 * @param {string} text
 */
export function rawJson(text) {
  const said = h("span", { class: "hint", role: "status" });
  const copying = async () => {
    setText(said, (await copy(text)) ? "Copied" : "The browser does not let the page copy");
    setTimeout(() => setText(said, ""), SAID_MS);
  };
  const element = h("details", { class: "raw" }, h("summary", {}, "JSON"));
  // Made when it is looked at: it may be megabytes.
  element.addEventListener("toggle", () => {
    if (!element.open || element.childElementCount > 1) return;
    element.append(h("div", { class: "actions" }, h("button", { type: "button", onclick: copying }, "Copy"), said), longText(text, "json"));
  });
  return element;
}

/** @param {string} text @returns {Promise<boolean>} whether it could be done */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Pages that did not come by HTTPS or from this machine have the old way alone.
    const area = h("textarea", { class: "unseen" });
    area.value = text;
    // Within the dialog: what is outside of it cannot be selected.
    (document.querySelector("dialog[open]") ?? document.body).append(area);
    area.select();
    const isDone = document.execCommand("copy");
    area.remove();
    return isDone;
  }
}
