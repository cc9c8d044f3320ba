/** Asking the server which photos and jobs it lacks, for many photos at once. */

import { Problem, post } from "../server/api.js";
import { pause } from "../shared/pause.js";

/** @typedef {import("../list/photos.js").Photo} Photo */

/** How many photos one question is about, and how many jobs, at most. */
const MOST_IMAGES = 500;
const MOST_JOBS = 10_000;

/** How long photos are collected for one question. */
const COLLECT_MS = 150;

/** How long to wait before a question is asked again that was not answered. */
const AGAIN_MS = 3_000;

export class Questions {
  /** Photos to ask about, and whether their jobs are to be asked for even if there are some. @type {Map<Photo, boolean>} */
  #photos = new Map();
  #isAsking = false;

  /**
   * @param {object} told
   * @param {(photos: Photo[]) => void} told.there the server has them, and their jobs
   * @param {(photo: Photo) => void} told.missing the server lacks it
   * @param {(photo: Photo, why: string) => void} told.delayed
   * @param {(photo: Photo, why: string) => void} told.refused
   */
  constructor(told) {
    this.told = told;
  }

  /**
   * Asks about a photo whose hash is known. What the server lacks of its jobs is asked for in the
   * same go; `anyway` asks also for jobs that were cancelled.
   * @param {Photo} photo
   * @param {boolean} [anyway]
   */
  add(photo, anyway = false) {
    this.#photos.set(photo, anyway || this.#photos.get(photo) === true);
    if (!this.#isAsking) this.#askAll();
  }

  /** @param {Photo} photo */
  forget(photo) {
    this.#photos.delete(photo);
  }

  async #askAll() {
    this.#isAsking = true;
    while (this.#photos.size > 0) {
      await pause(COLLECT_MS);
      const photos = this.#someOfOneKind();
      if (photos.length === 0) continue;
      const { models } = photos[0];
      try {
        await this.#ask(photos, models);
      } catch (error) {
        const problem = error instanceof Problem ? error : new Problem(0, String(error));
        if (problem.passes) {
          for (const photo of photos) this.told.delayed(photo, problem.message);
          await pause((problem.retryAfter ?? 0) * 1000 || AGAIN_MS);
          continue;
        }
        for (const photo of photos) this.told.refused(photo, problem.message);
      }
      // Those that got more models meanwhile are asked about once more.
      for (const photo of photos) if (photo.models.join() === models.join()) this.forget(photo);
    }
    this.#isAsking = false;
  }

  /** The first photos that are for the same models, as many as one request may be about. */
  #someOfOneKind() {
    /** @type {Photo[]} */
    const found = [];
    for (const photo of this.#photos.keys()) {
      const models = (found[0] ?? photo).models;
      if (found.length === Math.min(MOST_IMAGES, Math.max(1, Math.floor(MOST_JOBS / models.length)))) break;
      if (models.join() === photo.models.join()) found.push(photo);
    }
    return found;
  }

  /**
   * @param {Photo[]} photos
   * @param {string[]} models
   */
  async #ask(photos, models) {
    const images = photos.flatMap(({ hash }) => hash ?? []);
    /** @type {{missing_images: string[], missing_jobs: {image: string}[]}} */
    const lacks = await post("/predict/check", { images, models }).catch((error) => {
      // A server that cannot tell is sent everything.
      if (error instanceof Problem && error.isMissing) return { missing_images: images, missing_jobs: [] };
      throw error;
    });
    const missing = new Set(lacks.missing_images);
    const withoutJobs = new Set(lacks.missing_jobs.map(({ image }) => image));
    const there = photos.filter(({ hash = "" }) => !missing.has(hash));
    const toSubmit = there.filter((photo) => withoutJobs.has(photo.hash ?? "") || this.#photos.get(photo));
    if (toSubmit.length > 0) {
      await post("/predict", { images: toSubmit.map(({ hash }) => hash), models });
    }
    this.told.there(there);
    for (const photo of photos) if (missing.has(photo.hash ?? "")) this.told.missing(photo);
  }
}
