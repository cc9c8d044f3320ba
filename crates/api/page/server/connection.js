/** A stream of events that is opened again whenever it breaks. */

import { Problem, request } from "./api.js";
import { readEvents } from "./event-stream.js";
import { pause } from "../shared/pause.js";

/** @typedef {import("./event-stream.js").ServerEvent} ServerEvent */

/** The server writes at least a comment every 15 s; a stream that is silent for longer is dead. */
const SILENCE_MS = 40_000;

/** How long to wait before a stream is opened again, after so many failures in a row. */
const PAUSES_MS = [500, 1_000, 2_000, 4_000, 8_000, 15_000];

/**
 * How the server is, as far as a request or stream can tell: it answers, it answers that it cannot
 * work, or it does not answer.
 * @typedef {"open" | "troubled" | "broken"} Health
 */

/**
 * Follows a stream until `signal` says to stop, or the server says that there is nothing to come.
 * What was missed while it was broken comes by the server's `Last-Event-ID`.
 * @param {object} how
 * @param {string} how.path
 * @param {RequestInit} [how.options]
 * @param {AbortSignal} how.signal
 * @param {(event: ServerEvent) => void} how.hear
 * @param {(health: Health) => void} how.health
 * @returns {Promise<void>} fails with a {@link Problem} if the server will have none of it
 */
export async function follow({ path, options, signal, hear, health }) {
  /** @type {string | undefined} */
  let last;
  let failures = 0;
  while (!signal.aborted) {
    const attempt = new AbortController();
    let silence = setTimeout(() => attempt.abort(), SILENCE_MS);
    try {
      const headers = new Headers(options?.headers);
      headers.set("accept", "text/event-stream");
      if (last !== undefined) headers.set("last-event-id", last);
      const both = AbortSignal.any([signal, attempt.signal]);
      const answer = await request(path, { ...options, headers, signal: both });
      if (!answer.body) throw Problem.noAnswer();
      health("open");
      const alive = () => {
        clearTimeout(silence);
        silence = setTimeout(() => attempt.abort(), SILENCE_MS);
        failures = 0;
      };
      for await (const event of readEvents(answer.body, alive)) {
        last = event.id ?? last;
        if (event.event === "done") return;
        hear(event);
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof Problem && !error.passes) throw error;
      health(healthAfter(error));
    } finally {
      clearTimeout(silence);
    }
    if (signal.aborted) return;
    await pause(PAUSES_MS[Math.min(failures, PAUSES_MS.length - 1)], signal);
    failures += 1;
  }
}

/**
 * @param {unknown} error
 * @returns {Health}
 */
export function healthAfter(error) {
  return error instanceof Problem && error.status > 0 ? "troubled" : "broken";
}
