/** How far a list is, in one line. */

import { byId, control, setText } from "./dom.js";
import { counted, number } from "./format.js";
import { groupOf, stateOf } from "./states.js";

/** @typedef {import("./photos.js").Photo} Photo */

/** How often it is read out to those who listen. */
const READ_OUT_MS = 5_000;

const TITLE = document.title;

let lastReadOut = 0;

/**
 * Shows how far the visible list is, and in the window's title how far this person's own is.
 * @param {readonly Photo[]} visible
 * @param {readonly Photo[]} own
 */
export function showSummary(visible, own) {
  const { ended, open, text } = summaryOf(visible);
  byId("progress-box").hidden = visible.length === 0;
  const bar = control("progress", HTMLProgressElement);
  bar.max = Math.max(1, visible.length);
  bar.value = ended;
  setText(byId("sum"), text);
  const mine = visible === own ? { ended, open } : summaryOf(own);
  document.title = mine.open > 0 ? `${mine.ended}/${own.length} · ${TITLE}` : TITLE;
  if (visible.length > 0 && (open === 0 || Date.now() - lastReadOut > READ_OUT_MS)) {
    lastReadOut = Date.now();
    setText(byId("read-out"), `${text}.`);
  }
}

/** @param {readonly Photo[]} photos */
function summaryOf(photos) {
  /** @type {Record<import("./states.js").Group, number>} */
  const counts = { "under-way": 0, waiting: 0, done: 0, failed: 0, stopped: 0, lost: 0 };
  for (const photo of photos) counts[groupOf(stateOf(photo))] += 1;
  const ended = counts.done + counts.failed + counts.stopped;
  const parts = [
    `${number(ended)} of ${counted(photos.length, "photo")} finished`,
    counts.failed > 0 && `${number(counts.failed)} failed`,
    counts["under-way"] > 0 && `${number(counts["under-way"])} under way`,
    counts.waiting > 0 && `${number(counts.waiting)} waiting`,
    counts.lost > 0 && `${number(counts.lost)} to be chosen again`,
  ];
  return { ended, open: counts["under-way"] + counts.waiting, text: parts.filter(Boolean).join(", ") };
}
