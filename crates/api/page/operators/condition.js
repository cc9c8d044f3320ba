/** How a model is, as the queues and dispatchers tell it: nothing is called ready that nobody has reached. */

import { counted, number } from "../shared/format.js";

/** @typedef {import("./model-card.js").Queue} Queue */
/** @typedef {import("./operators.js").Dispatcher} Dispatcher */
/** @typedef {import("../list/states.js").Group} Group */

/**
 * `word` is for the operators, `text` for those who choose models; `trouble` is why its jobs are not
 * done, if they are not.
 * @typedef {{group: Group, word: string, text: string, trouble?: string}} Condition
 */

/** Jobs that stand in the queue. @param {Queue} queue */
export function queuedOf({ queued: { high, normal, low } }) {
  return high + normal + low;
}

/** Why the model does nothing, in the words of whoever tried. @param {Queue} queue */
export function holdOf({ hold }) {
  return hold?.error?.message ?? hold?.message;
}

/**
 * Jobs that wait for something other than their turn: for another attempt, or for a model that cannot
 * be reached, or for a dispatcher.
 * @param {Queue} queue
 * @param {readonly Dispatcher[]} dispatchers
 */
export function waitingOf(queue, dispatchers) {
  const isStopped = queue.running === 0 && (holdOf(queue) !== undefined || !isAnyAtWork(dispatchers));
  return queue.waiting + (isStopped ? queuedOf(queue) : 0);
}

/** @param {readonly Dispatcher[]} dispatchers */
export function isAnyAtWork(dispatchers) {
  return dispatchers.some(({ stopping }) => !stopping);
}

/**
 * @param {Queue} queue
 * @param {readonly Dispatcher[]} dispatchers
 * @returns {Condition}
 */
export function conditionOf(queue, dispatchers) {
  const open = queuedOf(queue) + queue.waiting + queue.running;
  const wait = open > 0 ? `, ${counted(open, "job waits", "jobs wait")}` : "";
  const trouble = troubleOf(queue, dispatchers);
  if (trouble) return { group: "waiting", word: open > 0 ? "Waiting" : "Not reachable", text: trouble + wait, trouble };
  if (open > 0) return { group: "under-way", word: queue.running > 0 ? "At work" : "Queued", text: `${number(open)} queued` };
  if (!queue.endpoints.some(({ state }) => state === "up")) return { group: "under-way", word: "Not tried yet", text: "not tried yet" };
  return { group: "done", word: "Idle", text: "ready" };
}

/** @param {Queue} queue @param {readonly Dispatcher[]} dispatchers */
function troubleOf(queue, dispatchers) {
  if (queue.running > 0) return undefined;
  if (!isAnyAtWork(dispatchers)) return "no dispatcher is at work";
  const hold = holdOf(queue);
  if (hold) return hold;
  if (queue.endpoints.length === 0) return "no service is known";
  const down = queue.endpoints.filter(({ state }) => state === "down" || state === "resting");
  return down.length === queue.endpoints.length ? (down[0].reason ?? "its services cannot be reached") : undefined;
}
