/** A photo's way from the page to the server: read, asked about, and sent if the server lacks it. */

import { newPhoto } from "../list/photos.js";
import { Questions } from "./questions.js";
import { Uploads } from "./upload.js";
import { pause } from "../shared/pause.js";

/** @typedef {import("../list/photos.js").Photo} Photo */
/** @typedef {import("../list/photos.js").Photos} Photos */
/** @typedef {import("./files.js").Found} Found */

/** How many files are taken in without a pause. */
const AT_ONCE = 100;

/** How many files are with the worker that reads them. */
const READ_AHEAD = 400;

/**
 * What of a batch did not get into the list: files that are not taken, and how many photos were in it already.
 * @typedef {{untaken: import("./left-out.js").Untaken[], twice: number}} LeftOut
 */

export class Intake {
  #uploads = new Uploads();
  #questions = new Questions({
    there: (photos) => this.#areThere(photos),
    missing: (photo) => this.#send(photo),
    delayed: (photo, trouble) => this.photos.change(photo, { trouble }),
    refused: (photo, trouble) => this.photos.change(photo, { phase: "refused", trouble }),
  });
  /** @type {Map<Photo, AbortController>} */
  #sending = new Map();

  /**
   * @param {object} parts
   * @param {Photos} parts.photos
   * @param {import("./hasher.js").Hasher} parts.hasher
   * @param {import("../server/streams.js").Streams} parts.streams
   * @param {import("./limits.js").Limits} parts.limits
   * @param {(photos: Photo[]) => Promise<unknown>} parts.keep writes down that they are in the list
   */
  constructor({ photos, hasher, streams, limits, keep }) {
    this.photos = photos;
    this.hasher = hasher;
    this.streams = streams;
    this.limits = limits;
    this.keep = keep;
  }

  /**
   * Takes files in. One that stands for a lost photo of the list takes its place.
   * @param {Found[]} files
   * @param {string[]} models
   * @returns {Promise<LeftOut>} once all of them were read
   */
  async add(files, models) {
    const lost = new Map(this.photos.all.filter(({ phase }) => phase === "lost").map((photo) => [key(photo), photo]));
    const batch = Date.now();
    /** @type {LeftOut} */
    const leftOut = { untaken: [], twice: 0 };
    /** @type {Set<Promise<void>>} */
    const reading = new Set();
    // A slice at a time, so that the page answers meanwhile: browsers look on the disk for a file's size.
    for (let at = 0; at < files.length; at += AT_ONCE) {
      const slice = files.slice(at, at + AT_ONCE).map((found, place) => this.#enter(batch, at + place, found, models, lost));
      const added = slice.filter((photo) => !this.photos.has(photo));
      this.photos.add(added);
      // Nothing is sent that a reload would forget.
      await this.keep(added);
      for (const photo of slice) {
        const read = this.#read(photo, leftOut).finally(() => reading.delete(read));
        reading.add(read);
      }
      await pause(0);
      while (reading.size > READ_AHEAD) await Promise.race(reading);
    }
    await Promise.all(reading);
    return leftOut;
  }

  /**
   * The photo that a file becomes, or stands for.
   * @param {number} batch
   * @param {number} place
   * @param {Found} found
   * @param {string[]} models
   * @param {Map<string, Photo>} lost
   */
  #enter(batch, place, found, models, lost) {
    const known = lost.get(key({ name: found.name, size: found.file.size }));
    if (!known) return newPhoto(batch, place, found, models);
    lost.delete(key(known));
    this.photos.change(known, { file: found.file, phase: "reading", trouble: undefined });
    return known;
  }

  /**
   * Takes up what was not finished before a reload: all that is left of it are hashes.
   * @param {readonly Photo[]} photos
   */
  resume(photos) {
    this.streams.follow(photos.flatMap(({ phase, hash }) => (phase === "there" && hash ? [hash] : [])));
    for (const photo of photos) {
      if (photo.phase === "there" || photo.phase === "refused") continue;
      if (photo.hash) this.#ask(photo);
      else this.photos.change(photo, { phase: "lost" });
    }
  }

  /**
   * Has these models look at photos of the list too, or once more where they were cancelled.
   * @param {Iterable<Photo>} photos
   * @param {string[]} models
   */
  run(photos, models) {
    for (const photo of photos) {
      this.photos.change(photo, { models: [...new Set([...photo.models, ...models])], trouble: undefined });
      // Others are asked about when they have been read or sent.
      if (photo.hash && photo.phase !== "reading" && photo.phase !== "sending") this.#ask(photo, true);
    }
  }

  /**
   * Stops working on photos that are no longer in the list.
   * @param {Iterable<Photo>} photos
   */
  drop(photos) {
    /** @type {string[]} */
    const forgotten = [];
    for (const photo of photos) {
      this.#questions.forget(photo);
      this.#sending.get(photo)?.abort();
      if (photo.hash && !this.photos.withHash(photo.hash)) forgotten.push(photo.hash);
    }
    if (forgotten.length > 0) this.streams.forget(forgotten);
  }

  /**
   * @param {Photo} photo
   * @param {LeftOut} leftOut
   */
  async #read(photo, leftOut) {
    if (!photo.file) return;
    const { hash, kind, unreadable } = await this.hasher.read(photo.file);
    if (unreadable || !kind) {
      this.photos.change(photo, { phase: "lost", file: undefined, trouble: "The file cannot be read." });
      return;
    }
    const reason = await this.limits.refusalOfKind(kind);
    if (reason || !hash) {
      leftOut.untaken.push({ name: photo.name, reason: reason ?? "" });
      this.photos.remove([photo]);
      return;
    }
    const same = this.photos.identify(photo, hash);
    if (same === photo) {
      this.#ask(photo);
      return;
    }
    if (same.phase === "lost" || same.phase === "refused") {
      this.photos.change(same, { file: photo.file });
      this.run([same], photo.models);
    } else if (photo.models.some((model) => !same.models.includes(model))) {
      this.run([same], photo.models);
    }
    leftOut.twice += 1;
    this.photos.remove([photo]);
  }

  /**
   * @param {Photo} photo
   * @param {boolean} [anyway]
   */
  #ask(photo, anyway) {
    if (!this.photos.has(photo)) return;
    this.photos.change(photo, { phase: "asking" });
    this.#questions.add(photo, anyway);
  }

  /** @param {Photo[]} photos */
  #areThere(photos) {
    for (const photo of photos) {
      this.photos.change(photo, { phase: "there", file: undefined, trouble: undefined });
    }
    this.streams.follow(photos.flatMap(({ hash }) => hash ?? []));
  }

  /** @param {Photo} photo */
  async #send(photo) {
    const { file } = photo;
    if (!this.photos.has(photo)) return;
    if (!file) {
      this.photos.change(photo, { phase: "lost" });
      return;
    }
    const refusal = await this.limits.refusalOfSize(file.size);
    if (refusal) {
      this.photos.change(photo, { phase: "refused", trouble: refusal });
      return;
    }
    if (!this.photos.has(photo)) return;
    const { models } = photo;
    const abort = new AbortController();
    this.#sending.set(photo, abort);
    this.photos.change(photo, { phase: "sending", sent: 0 });
    this.#uploads.add({
      file,
      models,
      signal: abort.signal,
      progress: (sent) => this.photos.change(photo, { sent, trouble: undefined }),
      delayed: (trouble) => this.photos.change(photo, { sent: 0, trouble }),
      accepted: (accepted) => this.#sent(photo, models, accepted),
      refused: ({ status, message }) => {
        this.#sending.delete(photo);
        // A form has one photo here.
        const trouble = message.replace(/^Photo 1 of the form/, "The photo");
        this.photos.change(photo, { phase: status === 410 ? "lost" : "refused", trouble });
      },
    });
  }

  /**
   * @param {Photo} photo
   * @param {string[]} models
   * @param {import("../server/api.js").Accepted} accepted
   */
  #sent(photo, models, { images: [hash], jobs }) {
    this.#sending.delete(photo);
    // The server's hash is the right one, should the file have changed meanwhile.
    if (this.photos.identify(photo, hash) !== photo) {
      this.photos.remove([photo]);
      return;
    }
    const states = Object.fromEntries(jobs.map(({ model, state }) => [model, { state }]));
    // The streams may have told more by now.
    this.photos.change(photo, { view: photo.view ?? { image: hash, status: "QUEUED", results: {}, jobs: states } });
    this.#areThere([photo]);
    if (photo.models.length > models.length) this.#ask(photo);
  }
}

/** @param {{name: string, size: number}} file */
function key({ name, size }) {
  return `${size} ${name}`;
}
