/** A photo's way from the page to the server: read, asked about, and sent if the server lacks it. */

import { newPhoto } from "./photos.js";
import { Questions } from "./questions.js";
import { pause, Uploads } from "./upload.js";

/** @typedef {import("./photos.js").Photo} Photo */
/** @typedef {import("./photos.js").Photos} Photos */
/** @typedef {import("./files.js").Found} Found */

/** How many files are taken in without a pause. */
const AT_ONCE = 100;

/** How many files of a batch did not get into the list, and why. @typedef {{notPhotos: number, twice: number}} LeftOut */

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
   * @param {import("./watch.js").Watch} parts.watch
   * @param {(photos: Photo[]) => Promise<void>} parts.keep writes down that they are in the list
   */
  constructor({ photos, hasher, watch, keep }) {
    this.photos = photos;
    this.hasher = hasher;
    this.watch = watch;
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
    /** @type {Photo[]} */
    const added = [];
    /** @type {Photo[]} */
    const all = [];
    for (const [place, found] of files.entries()) {
      // Browsers look on the disk for a file's size, which takes a while for thousands.
      if (place % AT_ONCE === AT_ONCE - 1) await pause(0);
      const known = lost.get(key({ name: found.name, size: found.file.size }));
      if (known) {
        lost.delete(key(known));
        this.photos.change(known, { file: found.file, phase: "reading", trouble: undefined });
      } else {
        added.push(newPhoto(batch, place, found, models));
      }
      all.push(known ?? added[added.length - 1]);
    }
    this.photos.add(added);
    // Nothing is sent that a reload would forget.
    await this.keep(added);
    const leftOut = { notPhotos: 0, twice: 0 };
    await Promise.all(all.map(async (photo) => {
      const why = await this.#read(photo);
      if (why === "stays") return;
      leftOut[why] += 1;
      this.photos.remove([photo]);
    }));
    return leftOut;
  }

  /**
   * Takes up what was not finished before a reload: all that is left of it are hashes.
   * @param {readonly Photo[]} photos
   */
  resume(photos) {
    this.watch.add(photos.flatMap(({ phase, hash }) => (phase === "there" && hash ? [hash] : [])));
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
    for (const photo of photos) {
      this.#questions.forget(photo);
      this.#sending.get(photo)?.abort();
      if (photo.hash && !this.photos.withHash(photo.hash)) this.watch.forget(photo.hash);
    }
  }

  /**
   * @param {Photo} photo
   * @returns {Promise<"stays" | keyof LeftOut>}
   */
  async #read(photo) {
    if (!photo.file) return "stays";
    const { hash, notPhoto, unreadable } = await this.hasher.read(photo.file);
    if (notPhoto) return "notPhotos";
    if (unreadable || !hash) {
      this.photos.change(photo, { phase: "lost", file: undefined, trouble: "The file cannot be read." });
      return "stays";
    }
    const same = this.photos.identify(photo, hash);
    if (same === photo) {
      this.#ask(photo);
      return "stays";
    }
    if (same.phase === "lost" || same.phase === "refused") {
      this.photos.change(same, { file: photo.file });
      this.run([same], photo.models);
    } else if (photo.models.some((model) => !same.models.includes(model))) {
      this.run([same], photo.models);
    }
    return "twice";
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
    this.watch.add(photos.flatMap(({ hash }) => hash ?? []));
  }

  /** @param {Photo} photo */
  #send(photo) {
    const { file, models } = photo;
    if (!this.photos.has(photo)) return;
    if (!file) {
      this.photos.change(photo, { phase: "lost" });
      return;
    }
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
   * @param {import("./api.js").Accepted} accepted
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
