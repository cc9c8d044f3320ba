/** How far a list is: how many photos and jobs are finished, how fast that goes, and how long it takes. */

import { serverNow } from "../shared/clock.js";
import { byId, control, setText } from "../shared/dom.js";
import { counted, number, rate, span } from "../shared/format.js";
import { groupOf, isFinal, stateOf } from "./states.js";

/** @typedef {import("./photos.js").Photo} Photo */

/** How often it is read out to those who listen. */
const READ_OUT_MS = 5_000;

/** The rate is that of the last minute, or of less if less was done. */
const MINUTE_MS = 60_000;
const LEAST_MS = 3_000;

const TITLE = document.title;

let lastReadOut = 0;

/**
 * Shows how far the visible list is, and in the window's title how far this person's own is.
 * @param {readonly Photo[]} visible
 * @param {readonly Photo[]} own
 */
export function showSummary(visible, own) {
  const shown = summaryOf(visible);
  const { jobs, ended, open, text, left } = shown;
  byId("progress-box").hidden = visible.length === 0;
  const bar = control("progress", HTMLProgressElement);
  bar.max = Math.max(1, jobs);
  bar.value = ended;
  setText(byId("sum"), text);
  const isOwn = visible === own;
  const mine = isOwn ? shown : summaryOf(own);
  document.title = mine.open > 0 ? `${mine.photosEnded}/${own.length} · ${TITLE}` : TITLE;
  const pace = [left, isOwn && closing(own, open)].filter(Boolean).join(" ");
  byId("pace").hidden = pace === "";
  setText(byId("pace"), pace);
  if (visible.length > 0 && (open === 0 || Date.now() - lastReadOut > READ_OUT_MS)) {
    lastReadOut = Date.now();
    setText(byId("read-out"), `${text}.`);
  }
}

/**
 * Whether the page is still needed.
 * @param {readonly Photo[]} own
 * @param {number} open photos that are not finished
 */
function closing(own, open) {
  const unsent = own.filter(({ phase }) => phase === "reading" || phase === "asking" || phase === "sending");
  const here = unsent.filter(({ file }) => file).length;
  if (here > 0) return `Keep this page open: ${counted(here, "photo is", "photos are")} still to be sent.`;
  if (unsent.length > 0) return `Another tab still sends ${counted(unsent.length, "photo")}.`;
  return open > 0 ? "All is sent: this page may be closed, and shows the results when it is opened again." : "";
}

/** @param {readonly Photo[]} photos */
function summaryOf(photos) {
  /** @type {Record<import("./states.js").Group, number>} */
  const counts = { "under-way": 0, waiting: 0, done: 0, failed: 0, stopped: 0, lost: 0 };
  const since = new Date(serverNow() - MINUTE_MS).toISOString();
  let [jobs, ended, waiting, lately, first] = [0, 0, 0, 0, ""];
  for (const photo of photos) {
    counts[groupOf(stateOf(photo))] += 1;
    const known = photo.view?.jobs ?? {};
    jobs += Object.keys(known).length + photo.models.filter((model) => !(model in known)).length;
    if (photo.phase === "refused") ended += photo.models.length;
    if (photo.phase !== "there") continue;
    for (const { state, finished_at: at = "" } of Object.values(known)) {
      if (state === "WAITING") waiting += 1;
      if (!isFinal(state)) continue;
      ended += 1;
      if (state === "CANCELLED" || at < since) continue;
      lately += 1;
      if (first === "" || at < first) first = at;
    }
  }
  const photosEnded = counts.done + counts.failed + counts.stopped;
  const open = counts["under-way"] + counts.waiting;
  const parts = [
    `${number(photosEnded)} of ${counted(photos.length, "photo")}, ${number(ended)} of ${counted(jobs, "job")} finished`,
    counts.failed > 0 && `${number(counts.failed)} failed`,
    counts["under-way"] > 0 && `${number(counts["under-way"])} under way`,
    counts.waiting > 0 && `${number(counts.waiting)} waiting`,
    counts.lost > 0 && `${number(counts.lost)} to be chosen again`,
  ];
  return { jobs, ended, photosEnded, open, text: parts.filter(Boolean).join(", "), left: leftOf(lately, first, jobs - ended - waiting) };
}

/**
 * @param {number} lately how many jobs were finished in the last minute
 * @param {string} first when the first of them was
 * @param {number} open how many are not, and wait for nothing but their turn
 */
function leftOf(lately, first, open) {
  if (lately < 2 || open === 0) return "";
  const perSecond = (lately * 1000) / Math.max(LEAST_MS, serverNow() - Date.parse(first));
  return `${rate(perSecond)}, about ${span((open / perSecond) * 1000)} left.`;
}
