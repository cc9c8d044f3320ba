/** A list of photos and what is known about each. */

/** @typedef {import("../server/api.js").ImageView} ImageView */

/**
 * How far a photo is on its way to the server: `reading` and `asking` in the browser, `sending`,
 * `there` once the server has it and its jobs; `refused` by the server; `lost` if the server lacks
 * it and the page no longer has its bytes.
 * @typedef {"reading" | "asking" | "sending" | "there" | "refused" | "lost"} Phase
 */

/**
 * @typedef {object} Photo
 * @property {string} id
 * @property {number} batch when it was dropped; photos that were dropped together have the same
 * @property {number} place its place in the batch
 * @property {string} name its path below the folder that was dropped
 * @property {number} size in bytes
 * @property {string[]} models
 * @property {Phase} phase
 * @property {string} [hash]
 * @property {string} [trouble] why it is not further
 * @property {File} [file] its bytes, until the server has them
 * @property {number} [sent] the part of it that was sent, from 0 to 1
 * @property {ImageView} [view] what the server said last
 * @property {string} [text] what is searched in, once something was
 */

/**
 * A photo that was just chosen.
 * @param {number} batch
 * @param {number} place
 * @param {{name: string, file: File}} found
 * @param {string[]} models
 * @returns {Photo}
 */
export function newPhoto(batch, place, { name, file }, models) {
  return { id: `${batch}-${place}`, batch, place, name, size: file.size, models, phase: "reading", file };
}

/** How long changes are collected before they are shown. */
const PAUSE_MS = 100;

/**
 * What happened to a list in a moment.
 * @typedef {{changed: Set<Photo>, removed: Set<Photo>}} Change
 */

/** The list, the last batch first. Says `change`, with a {@link Change} as its detail. */
export class Photos extends EventTarget {
  /** @type {Photo[]} */
  #all = [];
  /** @type {Set<Photo>} */
  #members = new Set();
  /** @type {Map<string, Photo>} */
  #byId = new Map();
  /** @type {Map<string, Photo>} */
  #byHash = new Map();
  /** @type {Set<Photo>} */
  #changed = new Set();
  /** @type {Set<Photo>} */
  #removed = new Set();
  #timer = 0;

  /** @returns {readonly Photo[]} */
  get all() {
    return this.#removed.size > 0 ? this.#all.filter((photo) => this.has(photo)) : this.#all;
  }

  /**
   * Adds photos of one batch, or those of an empty list in their order: in front of older batches,
   * and behind what there is of their own.
   * @param {readonly Photo[]} photos
   */
  add(photos) {
    if (photos.length === 0) return;
    const older = this.#all.findIndex(({ batch }) => batch < photos[0].batch);
    const at = older < 0 ? this.#all.length : older;
    this.#all = [...this.#all.slice(0, at), ...photos, ...this.#all.slice(at)];
    for (const photo of photos) {
      this.#members.add(photo);
      this.#byId.set(photo.id, photo);
      if (photo.hash) this.#byHash.set(photo.hash, photo);
      this.change(photo);
    }
  }

  /** @param {Photo} photo */
  has(photo) {
    return this.#members.has(photo);
  }

  /** @param {string} id */
  withId(id) {
    return this.#byId.get(id);
  }

  /** @param {string} hash */
  withHash(hash) {
    return this.#byHash.get(hash);
  }

  /**
   * Tells which photo this is.
   * @param {Photo} photo
   * @param {string} hash
   * @returns {Photo} the one of the list with this hash: another one if the same photo is in it twice
   */
  identify(photo, hash) {
    const other = this.#byHash.get(hash);
    if (other && other !== photo) return other;
    if (!this.has(photo)) return photo;
    if (photo.hash && photo.hash !== hash) this.#byHash.delete(photo.hash);
    this.#byHash.set(hash, photo);
    this.change(photo, { hash });
    return photo;
  }

  /**
   * Changes what is known of a photo, unless it was removed meanwhile.
   * @param {Photo} photo
   * @param {Partial<Photo>} [to]
   */
  change(photo, to = {}) {
    if (!this.has(photo)) return;
    Object.assign(photo, to, { text: undefined });
    this.#changed.add(photo);
    this.#saySoon();
  }

  /** @param {Iterable<Photo>} photos */
  remove(photos) {
    for (const photo of photos) {
      if (!this.#members.delete(photo)) continue;
      this.#byId.delete(photo.id);
      if (photo.hash && this.#byHash.get(photo.hash) === photo) this.#byHash.delete(photo.hash);
      this.#changed.delete(photo);
      this.#removed.add(photo);
      this.#saySoon();
    }
  }

  #saySoon() {
    // A timer, since a hidden page has no animation frames.
    this.#timer ||= setTimeout(() => this.#say(), PAUSE_MS);
  }

  #say() {
    const [changed, removed] = [this.#changed, this.#removed];
    this.#changed = new Set();
    this.#removed = new Set();
    this.#timer = 0;
    if (removed.size > 0) this.#all = this.#all.filter((photo) => this.has(photo));
    this.dispatchEvent(new CustomEvent("change", { detail: { changed, removed } }));
  }
}
