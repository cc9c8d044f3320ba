/** The states of photos and jobs, in words. */

/** @typedef {import("./photos.js").Photo} Photo */
/** @typedef {import("../server/api.js").ImageView} ImageView */

/**
 * What a photo, or its job for one model, is at. Everything but the phases on the way to the server
 * is a state of a job.
 * @typedef {import("./photos.js").Phase | "queued" | "running" | "waiting" | "succeeded" | "failed" | "cancelled"} State
 */

/** @typedef {"under-way" | "waiting" | "done" | "failed" | "stopped" | "lost"} Group */

/** @type {Record<State, {word: string, group: Group}>} */
const STATES = {
  reading: { word: "Reading", group: "under-way" },
  asking: { word: "Checking", group: "under-way" },
  sending: { word: "Sending", group: "under-way" },
  there: { word: "Sent", group: "under-way" },
  queued: { word: "In line", group: "under-way" },
  running: { word: "Running", group: "under-way" },
  waiting: { word: "Waiting", group: "waiting" },
  succeeded: { word: "Done", group: "done" },
  failed: { word: "Failed", group: "failed" },
  refused: { word: "Refused", group: "failed" },
  cancelled: { word: "Cancelled", group: "stopped" },
  lost: { word: "Choose again", group: "lost" },
};

/** The groups a list can be narrowed to, in the order they are shown. @type {[Group, string][]} */
export const GROUPS = [
  ["under-way", "Under way"],
  ["waiting", "Waiting"],
  ["done", "Done"],
  ["failed", "Failed"],
  ["stopped", "Cancelled"],
  ["lost", "Choose again"],
];

/** @param {State} state */
export function wordOf(state) {
  return STATES[state]?.word ?? state;
}

/** @param {State} state @returns {Group} */
export function groupOf(state) {
  return STATES[state]?.group ?? "under-way";
}

/**
 * @param {Photo} photo
 * @param {string} [model] to ask about its job for this model alone
 * @returns {State}
 */
export function stateOf(photo, model) {
  const { phase, view } = photo;
  if (phase !== "there") return phase;
  if (!view) return "there";
  if (model) return view.jobs[model] ? jobState(view.jobs[model]) : "there";
  const state = jobState({ state: view.status });
  if (state !== "queued" && state !== "running") return state;
  const unfinished = Object.values(view.jobs).filter((job) => !isFinal(job.state));
  const allWait = unfinished.length > 0 && unfinished.every((job) => job.state === "WAITING");
  return allWait ? "waiting" : state;
}

/**
 * @param {{state: string}} job
 * @returns {State}
 */
export function jobState(job) {
  return /** @type {State} */ (job.state.toLowerCase());
}

/** @param {string} state of a job, or status of an image */
export function isFinal(state) {
  return state === "SUCCEEDED" || state === "FAILED" || state === "CANCELLED";
}

/**
 * The models of a photo: those it is sent for, and those it has jobs of.
 * @param {Photo} photo
 * @returns {string[]}
 */
export function modelsOf(photo) {
  return [...new Set([...photo.models, ...Object.keys(photo.view?.jobs ?? {})])].sort();
}
