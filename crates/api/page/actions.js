/** Putting failed jobs back in line, and cancelling unfinished ones. */

import { post } from "./api.js";
import { counted } from "./format.js";
import { attempt, confirmed, notice } from "./notices.js";

/** The most photos, and jobs, of one request. */
const MOST = 10_000;

/**
 * Puts failed jobs back in line, if the person agrees.
 * @param {string} which for the question: `of sharpness`
 * @param {{images?: string[], models?: string[]}} jobs
 */
export async function retry(which, jobs) {
  const images = jobs.images?.slice(0, MOST);
  if (!(await confirmed(`Put the failed jobs ${which} back in line? They start with a clean slate.`, "Retry"))) return;
  await attempt(async () => {
    const { requeued } = await post("/predict/retry", { ...jobs, ...(images && { images }) });
    const more = requeued >= MOST ? " There may be more: ask again." : "";
    notice(requeued === 0 ? "Nothing of it was failed any more." : `${counted(requeued, "job is", "jobs are")} back in line.${more}`);
  });
}

/**
 * Cancels unfinished jobs, if the person agrees.
 * @param {string} which for the question: `of 12 photos`
 * @param {{images: string[], models?: string[]}} jobs
 */
export async function cancel(which, { images, models }) {
  if (!(await confirmed(`Cancel the unfinished jobs ${which}? Those that run already are stopped if they can be.`, "Cancel the jobs"))) return;
  await attempt(async () => {
    let cancelled = 0;
    for (let at = 0; at < images.length; at += MOST) {
      const { jobs } = await post("/predict/cancel", { images: images.slice(at, at + MOST), ...(models && { models }) });
      cancelled += jobs.filter((/** @type {{state: string}} */ job) => job.state === "CANCELLED").length;
    }
    notice(cancelled === 0 ? "Nothing of it could be cancelled any more." : `${counted(cancelled, "job is", "jobs are")} cancelled.`);
  });
}
