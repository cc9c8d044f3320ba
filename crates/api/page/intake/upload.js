/** Sending photos, a few at a time. */

import { PLACE, Problem, address } from "../server/api.js";
import { pause } from "../shared/pause.js";

/** @typedef {import("../server/api.js").Accepted} Accepted */

/**
 * How many photos are sent at the same time, by all tabs together. Browsers open six connections to a
 * server over all tabs; streams need some, and what is asked meanwhile too.
 */
const AT_ONCE = 3;

/** How long to wait after a failure that may pass: longer each time, unless the server says. */
const PAUSES_S = [1, 2, 5, 10, 20, 30];
const LONGEST_PAUSE_S = 300;

/**
 * A photo to be sent, and whom to tell about it.
 * @typedef {object} Sending
 * @property {File} file
 * @property {string[]} models
 * @property {AbortSignal} signal
 * @property {(part: number) => void} progress
 * @property {(why: string) => void} delayed
 * @property {(accepted: Accepted) => void} accepted
 * @property {(problem: Problem) => void} refused
 */

export class Uploads {
  /** @type {Sending[]} */
  #line = [];
  /** Each is a lock that tabs take in turn while they send. */
  #slots = Array.from({ length: AT_ONCE }, (_, slot) => `upload ${slot}${PLACE}`);

  /** @param {Sending} sending */
  add(sending) {
    this.#line.push(sending);
    this.#next();
  }

  #next() {
    while (this.#line.length > 0 && this.#slots.length > 0) {
      const sending = /** @type {Sending} */ (this.#line.shift());
      const slot = /** @type {string} */ (this.#slots.shift());
      this.#send(sending, slot).finally(() => {
        this.#slots.push(slot);
        this.#next();
      });
    }
  }

  /**
   * Sends one photo, as often as it takes.
   * @param {Sending} sending
   * @param {string} slot
   */
  async #send(sending, slot) {
    for (let failures = 0; !sending.signal.aborted; failures += 1) {
      try {
        sending.accepted(await inTurn(slot, sending.signal, () => upload(sending)));
        return;
      } catch (error) {
        if (sending.signal.aborted) return;
        if (!(error instanceof Problem) || !error.passes) {
          sending.refused(error instanceof Problem ? error : new Problem(0, String(error)));
          return;
        }
        const seconds = error.retryAfter !== undefined ? Math.min(error.retryAfter, LONGEST_PAUSE_S) : PAUSES_S[Math.min(failures, PAUSES_S.length - 1)];
        sending.delayed(`${error.message} Trying again in ${seconds} s.`);
        await pause(seconds * 1000, sending.signal);
      }
    }
  }
}

/**
 * Does something while no other tab does it in the same slot. Browsers have locks only for pages that came
 * by HTTPS or from this machine; elsewhere tabs do not wait for each other.
 * @template T
 * @param {string} slot
 * @param {AbortSignal} signal
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
function inTurn(slot, signal, work) {
  return navigator.locks ? navigator.locks.request(slot, { signal }, work) : work();
}

/**
 * One request. It is an XMLHttpRequest because `fetch` does not tell how much it has sent.
 * @param {Sending} sending
 * @returns {Promise<Accepted>}
 */
function upload({ file, models, signal, progress }) {
  return new Promise((resolve, reject) => {
    const form = new FormData();
    // The models first: names that are wrong are refused before the photo is sent.
    for (const model of models) form.append("models", model);
    form.append("images", file);
    const request = new XMLHttpRequest();
    request.open("POST", address("/predict"));
    request.setRequestHeader("accept", "application/json");
    request.upload.onprogress = ({ loaded, total }) => progress(total ? loaded / total : 0);
    request.onload = () => {
      const { status, responseText } = request;
      if (status === 202) {
        try {
          resolve(JSON.parse(responseText));
          return;
        } catch {
          // Cut off: it is the same as no answer.
        }
      }
      reject(status === 202
        ? Problem.noAnswer()
        : Problem.from(status, responseText, request.getResponseHeader("retry-after")));
    };
    request.onerror = () => {
      // A file that changed since it was chosen fails just as a server that is away does.
      file.slice(0, 1).arrayBuffer().then(
        () => reject(Problem.noAnswer()),
        () => reject(new Problem(410, "The file cannot be read any more. Choose it again.")),
      );
    };
    request.onabort = () => reject(new Problem(0, "Given up."));
    signal.addEventListener("abort", () => request.abort(), { once: true });
    request.send(form);
  });
}
