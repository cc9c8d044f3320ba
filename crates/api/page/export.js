/** Saving what the list says, for spreadsheets and programs. */

import { modelsOf, stateOf } from "./states.js";

/** @typedef {import("./photos.js").Photo} Photo */

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
    [photo.name, photo.hash ?? "", stateOf(photo), ...names.map((name) => values.get(name) ?? "")]);
  return [["name", "md5", "state", ...names], ...rows].map((row) => row.map(field).join(",")).join("\r\n") + "\r\n";
}

/**
 * The same as the server tells it, with the photos' names.
 * @param {readonly Photo[]} photos
 * @returns {string}
 */
export function toJson(photos) {
  return JSON.stringify(photos.map((photo) => ({
    name: photo.name,
    image: photo.hash,
    status: photo.view?.status ?? stateOf(photo),
    models: modelsOf(photo),
    results: photo.view?.results ?? {},
    jobs: photo.view?.jobs ?? {},
  })), null, 1);
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
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    for (const [inner, item] of Object.entries(value)) flatten(`${name}.${inner}`, item, values);
  } else {
    values.set(name, Array.isArray(value) ? JSON.stringify(value) : value);
  }
}

/** @param {unknown} value */
function field(value) {
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  const text = String(value ?? "");
  // A spreadsheet would compute what begins so, and the names of photos come from anywhere.
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
