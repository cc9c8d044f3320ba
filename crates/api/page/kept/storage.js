/**
 * The list of photos, kept in the browser so that it is there after a reload. The photos' bytes are
 * not kept: the server has them, or they are chosen again.
 */

import { PLACE } from "../server/api.js";

/** @typedef {import("../list/photos.js").Photo} Photo */

/**
 * What is kept of a photo.
 * @typedef {Pick<Photo, "id" | "batch" | "place" | "name" | "size" | "hash" | "models" | "phase" | "trouble">} Kept
 */

/** Servers below different paths of a host have lists of their own. */
const DATABASE = `photo-analysis-server${PLACE}`;
const PHOTOS = "photos";

/**
 * What makes of each version of the database the next, from an empty one on: there are as many versions as
 * steps. A step is never changed once it is released.
 * @type {((database: IDBDatabase) => void)[]}
 */
const STEPS = [(database) => database.createObjectStore(PHOTOS, { keyPath: "id" })];

export class Storage {
  /** @type {IDBDatabase | null} */
  #database;
  /** What was written of each photo. @type {WeakMap<Photo, string>} */
  #written = new WeakMap();

  /**
   * @param {IDBDatabase | null} database
   * @param {boolean} isNewer whether a later version of the page has changed what is kept
   */
  constructor(database, isNewer = false) {
    this.#database = database;
    this.isNewer = isNewer;
  }

  /** Opens it. Where the browser keeps nothing, neither does this: see {@link Storage.keeps}. */
  static async open() {
    try {
      const opening = indexedDB.open(DATABASE, STEPS.length);
      opening.onupgradeneeded = ({ oldVersion }) => STEPS.slice(oldVersion).forEach((step) => step(opening.result));
      const database = await answer(opening);
      // A page of a later version in another tab must not wait for this one.
      database.onversionchange = () => database.close();
      return new Storage(database);
    } catch (error) {
      return new Storage(null, error instanceof DOMException && error.name === "VersionError");
    }
  }

  /** Whether anything outlives the page. */
  get keeps() {
    return this.#database !== null;
  }

  /** In the order of the list. @returns {Promise<Kept[]>} */
  async all() {
    if (!this.#database) return [];
    /** @type {Kept[]} */
    const kept = await answer(this.#database.transaction(PHOTOS).objectStore(PHOTOS).getAll());
    this.know(kept);
    return kept.sort((a, b) => b.batch - a.batch || a.place - b.place);
  }

  /**
   * Keeps these photos as they are now. Most of what changes about a photo is not kept. One that was
   * kept and is no longer there was removed in another tab, and is not kept again.
   * @param {Iterable<Photo>} photos
   * @returns {Promise<{written: Photo[], gone: Photo[]}>} those that are kept otherwise than before, and
   * those that were removed so
   */
  async put(photos) {
    const changed = [...photos].flatMap((photo) => {
      const text = JSON.stringify(kept(photo));
      const before = this.#written.get(photo);
      if (before === text) return [];
      this.#written.set(photo, text);
      return [{ photo, isNew: before === undefined }];
    });
    /** @type {Photo[]} */
    const gone = [];
    if (changed.length === 0) return { written: [], gone };
    await this.#write((store) => {
      for (const { photo, isNew } of changed) {
        if (isNew) {
          store.put(kept(photo));
          continue;
        }
        const asking = store.getKey(photo.id);
        asking.onsuccess = () => {
          if (asking.result !== undefined) store.put(kept(photo));
          else gone.push(photo);
        };
      }
    });
    return { written: changed.flatMap(({ photo }) => (gone.includes(photo) ? [] : [photo])), gone };
  }

  /**
   * Notes that these are kept as they are, by another tab or before.
   * @param {Iterable<Photo>} photos
   */
  know(photos) {
    for (const photo of photos) this.#written.set(photo, JSON.stringify(kept(photo)));
  }

  /**
   * Which of these are not kept, as far as anything is.
   * @param {string[]} ids
   * @returns {Promise<Set<string>>}
   */
  async missing(ids) {
    if (!this.#database) return new Set();
    try {
      const store = this.#database.transaction(PHOTOS).objectStore(PHOTOS);
      const found = await Promise.all(ids.map((id) => answer(store.getKey(id))));
      return new Set(ids.filter((_, index) => found[index] === undefined));
    } catch {
      this.#database = null;
      return new Set();
    }
  }

  /**
   * Forgets photos.
   * @param {Iterable<Photo>} photos
   */
  async remove(photos) {
    const ids = Array.from(photos, ({ id }) => id);
    if (ids.length > 0) await this.#write((store) => ids.forEach((id) => store.delete(id)));
  }

  /** @param {(store: IDBObjectStore) => void} write */
  async #write(write) {
    if (!this.#database) return;
    try {
      const transaction = this.#database.transaction(PHOTOS, "readwrite");
      write(transaction.objectStore(PHOTOS));
      await new Promise((resolve, reject) => {
        transaction.oncomplete = resolve;
        transaction.onabort = reject;
      });
    } catch {
      // No room, or the browser closed it. The list is still on the page; a reload loses it.
      this.#database = null;
    }
  }
}

/** What is kept of a photo. @param {Photo} photo @returns {Kept} */
export function kept({ id, batch, place, name, size, hash, models, phase, trouble }) {
  return { id, batch, place, name, size, hash, models, phase, trouble };
}

/**
 * @template T
 * @param {IDBRequest<T>} request
 * @returns {Promise<T>}
 */
function answer(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
