/** Telling the person something, and asking before what cannot be undone. */

import { byId, control, h } from "./dom.js";

/** How long a notice stays. */
const STAY_MS = 12_000;

/**
 * Says something, to eyes and to screen readers.
 * @param {string} text
 * @param {"plain" | "bad"} [kind]
 */
export function notice(text, kind = "plain") {
  const element = h("div", { class: "notice", "data-kind": kind }, h("p", {}, text),
    h("button", { type: "button", class: "icon", "aria-label": "Dismiss", onclick: () => element.remove() }, "×"));
  byId("notices").append(element);
  setTimeout(() => element.remove(), STAY_MS);
}

/**
 * Does something, and says so if it fails.
 * @param {() => Promise<unknown>} work
 * @returns {Promise<boolean>} whether it did not fail
 */
export async function attempt(work) {
  try {
    await work();
    return true;
  } catch (error) {
    notice(error instanceof Error ? error.message : String(error), "bad");
    return false;
  }
}

/**
 * Asks whether to do it.
 * @param {string} question
 * @param {string} yes what the button says that does it
 * @returns {Promise<boolean>}
 */
export function confirmed(question, yes) {
  const dialog = control("confirm", HTMLDialogElement);
  return new Promise((resolve) => {
    // Closing is told with the next frame, which a tab that is left at once does not have.
    const answer = (/** @type {boolean} */ value) => () => {
      resolve(value);
      dialog.close();
    };
    dialog.replaceChildren(
      h("p", { id: "confirm-question" }, question),
      h("div", { class: "actions" },
        h("button", { type: "button", onclick: answer(false) }, "Leave it"),
        h("button", { type: "button", class: "primary", onclick: answer(true) }, yes)));
    const closed = () => {
      // It may be told of an earlier question while this one is open.
      if (dialog.open) return;
      dialog.removeEventListener("close", closed);
      resolve(false);
    };
    dialog.addEventListener("close", closed);
    dialog.showModal();
  });
}
