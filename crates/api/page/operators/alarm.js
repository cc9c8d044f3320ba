/** What is wrong, before everything else. */

import { counted } from "../shared/format.js";
import { conditionOf, isAnyAtWork, queuedOf } from "./condition.js";

/** @typedef {import("./model-card.js").Queue} Queue */
/** @typedef {import("./operators.js").Dispatcher} Dispatcher */

/** @typedef {{group: "failed" | "waiting", text: string}} Trouble */

/**
 * What is wrong, the worst first; nothing if all is well.
 * @param {readonly Queue[]} models
 * @param {readonly Dispatcher[]} dispatchers
 * @param {string | undefined} unready why photos are not accepted
 * @returns {Trouble[]}
 */
export function troublesOf(models, dispatchers, unready) {
  /** @type {Trouble[]} */
  const troubles = [];
  if (unready) troubles.push({ group: "failed", text: `Photos are not accepted: ${unready}` });
  const open = (/** @type {Queue} */ queue) => queuedOf(queue) + queue.waiting;
  if (!isAnyAtWork(dispatchers)) {
    const all = models.reduce((sum, queue) => sum + open(queue), 0);
    const why = dispatchers.length > 0 ? "The last dispatcher is stopping" : "No dispatcher is alive";
    troubles.push({ group: "failed", text: `${why}: nothing is taken from the queues, and ${waits(all)}.` });
    return troubles;
  }
  const held = models.map((queue) => ({ queue, why: conditionOf(queue, dispatchers).trouble, jobs: open(queue) }))
    .filter(({ why }) => why).sort((a, b) => b.jobs - a.jobs);
  for (const { queue, why, jobs } of held) {
    troubles.push({ group: "waiting", text: `${queue.model}: ${why}; ${waits(jobs)}.` });
  }
  return troubles;
}

/** @param {number} jobs */
function waits(jobs) {
  return jobs > 0 ? counted(jobs, "job waits", "jobs wait") : "no job waits";
}
