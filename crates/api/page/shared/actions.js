/** Putting failed jobs back in line, and cancelling unfinished ones. */

import { post } from "../server/api.js";
import { counted, number } from "./format.js";
import { attempt, confirmed, notice } from "./notices.js";

/** The most photos, and jobs, of one request. */
const MOST = 10_000;

/** The most jobs of a model that are cancelled in one request, so that each is answered soon. */
const STEP = 1_000;

/** @typedef {{jobs: {state: string}[], remaining?: number}} Cancelled */

/**
 * Puts failed jobs back in line, if the person agrees.
 * @param {string} which for the question: `of sharpness`
 * @param {{images?: string[], models?: string[]}} jobs
 * @returns {Promise<boolean>} whether it was done
 */
export async function retry(which, jobs) {
  const images = jobs.images?.slice(0, MOST);
  if (!(await confirmed(`Put the failed jobs ${which} back in line? They start with a clean slate.`, "Retry"))) return false;
  return attempt(async () => {
    const { requeued } = await post("/predict/retry", { ...jobs, ...(images && { images }) });
    const more = requeued >= MOST ? " There may be more: ask again." : "";
    notice(requeued === 0 ? "Nothing of it was failed any more." : `${counted(requeued, "job is", "jobs are")} back in line.${more}`);
  });
}

/**
 * Cancels unfinished jobs, if the person agrees.
 * @param {string} which for the question: `of 12 photos`
 * @param {{images: string[], models?: string[]}} jobs
 * @returns {Promise<boolean>} whether it was done
 */
export async function cancel(which, { images, models }) {
  if (!(await confirmed(`Cancel the unfinished jobs ${which}? Those that run already are stopped if they can be.`, "Cancel the jobs"))) return false;
  return attempt(async () => {
    let cancelled = 0;
    for (let at = 0; at < images.length; at += MOST) {
      const answer = await post("/predict/cancel", { images: images.slice(at, at + MOST), ...(models && { models }) });
      cancelled += stopped(answer).length;
    }
    tell(cancelled, 0);
  });
}

/**
 * Cancels all unfinished jobs of a model, whoever asked for them, if the person agrees.
 * @param {string} model
 * @param {(text: string) => void} progress told how far it is
 */
export async function cancelAll(model, progress) {
  if (!(await confirmed(`Cancel all unfinished jobs of ${model}, whoever asked for them? Those that run already are stopped if they can be.`, "Cancel the jobs"))) return;
  await attempt(async () => {
    let [cancelled, running] = [0, 0];
    /** @type {Cancelled} */
    let answer;
    do {
      answer = await post("/predict/cancel", { models: [model], limit: STEP });
      cancelled += stopped(answer).length;
      running += answer.jobs.filter(({ state }) => state === "RUNNING").length;
      progress(`${number(cancelled)} of ${number(cancelled + (answer.remaining ?? 0))} cancelled`);
    } while (answer.jobs.length > 0 && (answer.jobs.length >= STEP || (answer.remaining ?? 0) > 0));
    tell(cancelled, running);
  });
}

/** @param {Cancelled} answer */
function stopped({ jobs }) {
  return jobs.filter(({ state }) => state === "CANCELLED");
}

/** @param {number} cancelled @param {number} running */
function tell(cancelled, running) {
  const later = running > 0 ? ` ${counted(running, "running job is", "running jobs are")} stopped once the model has answered.` : "";
  notice(cancelled > 0 ? `${counted(cancelled, "job is", "jobs are")} cancelled.${later}` : later.trim() || "Nothing of it could be cancelled any more.");
}
