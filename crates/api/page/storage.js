/**
 * The list of photos, kept in the browser so that it is there after a reload. The photos' bytes are
 * not kept: the server has them, or they are chosen again.
 */

/** @typedef {import("./photos.js").Photo} Photo */

/**
 * What is kept of a photo.
 * @typedef {Pick<Photo, "id" | "batch" | "place" | "name" | "size" | "hash" | "models" | "phase" | "trouble">} Kept
 */

const DATABASE = "photo-analysis-server";
const PHOTOS = "photos";

export class Storage {
  /** @type {IDBDatabase | null} */
  #database;
  /** What was written of each photo. @type {WeakMap<Photo, string>} */
  #written = new WeakMap();

  /** @param {IDBDatabase | null} database */
  constructor(database) {
    this.#database = database;
  }

  /** Opens it. Where the browser keeps nothing, neither does this: see {@link Storage.keeps}. */
  static async open() {
    try {
      const opening = indexedDB.open(DATABASE, 1);
      opening.onupgradeneeded = () => opening.result.createObjectStore(PHOTOS, { keyPath: "id" });
      return new Storage(await answer(opening));
    } catch {
      return new Storage(null);
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
    return kept.sort((a, b) => b.batch - a.batch || a.place - b.place);
  }

  /**
   * Keeps these photos as they are now. Most of what changes about a photo is not kept.
   * @param {Iterable<Photo>} photos
   */
  async put(photos) {
    const changed = [...photos].filter((photo) => {
      const text = JSON.stringify(kept(photo));
      if (this.#written.get(photo) === text) return false;
      this.#written.set(photo, text);
      return true;
    });
    if (changed.length > 0) await this.#write((store) => changed.forEach((photo) => store.put(kept(photo))));
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

/** @param {Photo} photo @returns {Kept} */
function kept({ id, batch, place, name, size, hash, models, phase, trouble }) {
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

/**
 * A setting that outlives the page.
 * @template T
 * @param {string} name
 * @param {T} otherwise what it is until it is set
 * @returns {T}
 */
export function setting(name, otherwise) {
  try {
    return JSON.parse(localStorage.getItem(name) ?? "null") ?? otherwise;
  } catch {
    return otherwise;
  }
}

/**
 * @param {string} name
 * @param {unknown} value
 */
export function keepSetting(name, value) {
  try {
    localStorage.setItem(name, JSON.stringify(value));
  } catch {
    // Not kept: the browser allows none, or has no room.
  }
}
