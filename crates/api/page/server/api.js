/** Talking to the server. */

import { parse } from "./json.js";

/** Where the server is: below a path, if a proxy put it there. This module is two folders below. */
const BASE = new URL("../../", import.meta.url);

/**
 * The address of something on the server.
 * @param {string} path from the server's root: `/models`
 * @returns {string}
 */
export function address(path) {
  return new URL(`.${path}`, BASE).href;
}

/** What tells this server from others below other paths of the same host; `""` at the root. */
export const PLACE = BASE.pathname === "/" ? "" : BASE.pathname;

/**
 * How far a photo has come: the body of `GET /predict/<md5>`.
 * @typedef {object} ImageView
 * @property {string} image
 * @property {string} status
 * @property {Record<string, unknown>} results
 * @property {Record<string, Job>} jobs
 * @property {string[]} [notes] what is to be known about the photo itself
 */

/** The text that a view was read from. @type {WeakMap<ImageView, string>} */
const sources = new WeakMap();

/**
 * Reads a view, whose numbers keep the text that the models wrote, and remembers its own text: results
 * are saved as they were sent.
 * @param {string} text
 * @returns {ImageView}
 */
export function readView(text) {
  const view = parse(text);
  sources.set(view, text);
  return view;
}

/**
 * The text that a view was read from, if it was.
 * @param {ImageView | undefined} view
 */
export function sourceOf(view) {
  return view && sources.get(view);
}

/**
 * @typedef {object} Job
 * @property {string} state
 * @property {number} [attempts]
 * @property {number} [failures]
 * @property {string} [priority]
 * @property {string} [submitted_at]
 * @property {string} [started_at]
 * @property {string} [finished_at]
 * @property {{reason: string, until?: string}} [waiting]
 * @property {JobError} [error]
 * @property {boolean} [cancel_asked]
 * @property {{explanation?: string, estimated_at?: string}} [progress]
 */

/** @typedef {{kind: string, message: string, http_status?: number}} JobError */

/**
 * The answer to `POST /predict`.
 * @typedef {{images: string[], jobs: {image: string, model: string, state: string}[]}} Accepted
 */

/** Statuses of requests that may well be answered otherwise a little later. */
const PASSING = new Set([0, 408, 425, 429, 500, 502, 503, 504]);

/** A request that was not done: what the server said about it, or that it said nothing. */
export class Problem extends Error {
  /**
   * @param {number} status 0 if no answer came
   * @param {string} detail
   * @param {number} [retryAfter] seconds
   */
  constructor(status, detail, retryAfter) {
    super(detail);
    this.name = "Problem";
    this.status = status;
    this.retryAfter = retryAfter;
  }

  /** Whether the same request may succeed later. */
  get passes() {
    return PASSING.has(this.status);
  }

  /** Whether the server does not know the path at all: it is older than the page, or a proxy's. */
  get isMissing() {
    return this.status === 404 || this.status === 405;
  }

  /**
   * From the parts of an answer.
   * @param {number} status
   * @param {string} body
   * @param {string | null} retryAfter
   */
  static from(status, body, retryAfter) {
    const seconds = Number(retryAfter);
    return new Problem(status, detailOf(body) ?? `The server answered with the status ${status}.`,
      retryAfter && Number.isFinite(seconds) ? seconds : undefined);
  }

  /** No answer came. */
  static noAnswer() {
    return new Problem(0, "The server does not answer.");
  }
}

/**
 * Sends a request and gives its answer, if it is a good one.
 * @param {string} path
 * @param {RequestInit} [options]
 * @returns {Promise<Response>}
 */
export async function request(path, options) {
  let answer;
  try {
    answer = await fetch(address(path), options);
  } catch (error) {
    if (options?.signal?.aborted) throw error;
    throw Problem.noAnswer();
  }
  if (answer.ok) return answer;
  const body = await answer.text().catch(() => "");
  throw Problem.from(answer.status, body, answer.headers.get("retry-after"));
}

/**
 * Asks for a JSON document.
 * @param {string} path
 * @param {AbortSignal} [signal]
 * @returns {Promise<any>}
 */
export async function get(path, signal) {
  return read(await request(path, { headers: { accept: "application/json" }, signal }));
}

/**
 * Posts a JSON document and gives the one that is answered.
 * @param {string} path
 * @param {unknown} body
 * @returns {Promise<any>}
 */
export async function post(path, body) {
  return read(await request(path, posting(body)));
}

/**
 * What a `POST` of a JSON document is made of.
 * @param {unknown} body
 * @returns {RequestInit}
 */
export function posting(body) {
  return { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}

/**
 * Where a stored photo is, or a small picture of it.
 * @param {string} hash
 * @param {number} [width]
 */
export function photoUrl(hash, width) {
  return address(`/images/${hash}${width ? `?width=${width}` : ""}`);
}

/** @param {Response} answer */
async function read(answer) {
  try {
    return await answer.json();
  } catch {
    throw Problem.noAnswer();
  }
}

/** @param {string} body */
function detailOf(body) {
  try {
    const { detail } = JSON.parse(body);
    return typeof detail === "string" ? detail : undefined;
  } catch {
    return undefined;
  }
}
