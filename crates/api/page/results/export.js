/** Saving what the list says, for spreadsheets and programs. */

import { modelsOf, stateOf } from "../list/states.js";
import { sourceOf } from "../server/api.js";
import { ExactNumber, RawJson, sourcesOf, stringify } from "../server/json.js";

/** @typedef {import("../list/photos.js").Photo} Photo */

/**
 * A table with a line for each photo, and a column for each value of each model.
 * @param {readonly Photo[]} photos
 * @returns {string} CSV (RFC 4180)
 */
export function toCsv(photos) {
  /** @type {Set<string>} */
  const columns = new Set();
  const lines = photos.map((photo) => {
    /** @type {Map<string, unknown>} */
    const values = new Map();
    for (const [model, result] of Object.entries(photo.view?.results ?? {})) flatten(model, result, values);
    for (const [model, job] of Object.entries(photo.view?.jobs ?? {})) {
      if (job.state !== "SUCCEEDED") values.set(`${model} (state)`, job.error ? `${job.state}: ${job.error.message}` : job.state);
    }
    for (const name of values.keys()) columns.add(name);
    return { photo, values };
  });
  const names = [...columns].sort();
  const rows = lines.map(({ photo, values }) =>
    [photo.name, photo.hash ?? "", stateOf(photo), notesOf(photo), ...names.map((name) => values.get(name) ?? "")]);
  return [["name", "md5", "state", "notes", ...names], ...rows].map((row) => row.map(field).join(",")).join("\r\n") + "\r\n";
}

/**
 * The same as the server tells it, with the photos' names. Results are written as the models sent them.
 * @param {readonly Photo[]} photos
 * @returns {string}
 */
export function toJson(photos) {
  return stringify(photos.map((photo) => ({
    name: photo.name,
    image: photo.hash,
    status: photo.view?.status ?? stateOf(photo),
    trouble: photo.trouble,
    notes: photo.view?.notes,
    models: modelsOf(photo),
    results: rawResults(photo.view),
    jobs: photo.view?.jobs ?? {},
  })), 1);
}

/**
 * The results of a view, each as it was sent.
 * @param {import("../server/api.js").ImageView | undefined} view
 * @returns {Record<string, unknown>}
 */
function rawResults(view) {
  const source = sourceOf(view);
  if (!source) return view?.results ?? {};
  return Object.fromEntries(Object.entries(sourcesOf(source, "results")).map(([model, text]) => [model, new RawJson(text)]));
}

/** What is to be known about a photo, or why it is not there. @param {Photo} photo */
function notesOf(photo) {
  return [photo.trouble, ...(photo.view?.notes ?? [])].filter(Boolean).join(" ");
}

/**
 * Has the browser save a text as a file.
 * @param {string} name
 * @param {string} type
 * @param {string} text
 */
export function save(name, type, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/**
 * @param {string} name
 * @param {unknown} value
 * @param {Map<string, unknown>} values
 */
function flatten(name, value, values) {
  if (typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber)) {
    for (const [inner, item] of Object.entries(value)) flatten(`${name}.${inner}`, item, values);
  } else {
    values.set(name, Array.isArray(value) ? stringify(value) : value);
  }
}

/** @param {unknown} value */
function field(value) {
  if (typeof value === "number" || typeof value === "boolean" || value instanceof ExactNumber) return String(value);
  const text = String(value ?? "");
  // A spreadsheet would compute what begins so, and the names of photos come from anywhere.
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
