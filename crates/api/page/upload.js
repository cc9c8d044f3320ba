/** Sending photos, a few at a time. */

import { Problem } from "./api.js";

/** @typedef {import("./api.js").Accepted} Accepted */

/** How many photos are sent at the same time. Browsers open six connections; streams need some. */
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
  #underWay = 0;

  /** @param {Sending} sending */
  add(sending) {
    this.#line.push(sending);
    this.#next();
  }

  #next() {
    while (this.#underWay < AT_ONCE) {
      const sending = this.#line.shift();
      if (!sending) return;
      this.#underWay += 1;
      this.#send(sending).finally(() => {
        this.#underWay -= 1;
        this.#next();
      });
    }
  }

  /**
   * Sends one photo, as often as it takes.
   * @param {Sending} sending
   */
  async #send(sending) {
    for (let failures = 0; !sending.signal.aborted; failures += 1) {
      try {
        sending.accepted(await upload(sending));
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
    request.open("POST", "/predict");
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

/**
 * @param {number} ms
 * @param {AbortSignal} [signal] ends it early
 * @returns {Promise<void>}
 */
export function pause(ms, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    }, { once: true });
  });
}
