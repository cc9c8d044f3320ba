/** The photos that the page hears of and that are not in the person's own list. */

import { counted } from "../shared/format.js";
import { Photos } from "./photos.js";
import { isFinal } from "./states.js";

/** @typedef {import("./photos.js").Photo} Photo */
/** @typedef {import("../server/api.js").ImageView} ImageView */

/** How many are remembered. */
const MOST = 1_000;

export class Seen {
  photos = new Photos();
  #since = new Date();
  /** How many changes the feed did not tell. */
  #untold = 0;
  #count = 0;
  #isFollowed = false;

  /**
   * @param {object} does
   * @param {(hashes: string[]) => void} does.follow has the server tell of photos until they are finished
   * @param {(hashes: string[]) => void} does.forget
   */
  constructor(does) {
    this.does = does;
  }

  /** What the list is, and what is not in it. */
  get note() {
    const since = this.#since.toLocaleTimeString(undefined, { timeStyle: "short" });
    const untold = this.#untold > 0 ? ` ${counted(this.#untold, "change")} came too fast to be told one by one.` : "";
    return `Photos that this page has heard of since ${since}, the latest ${counted(MOST, "photo")} at most.${untold}`;
  }

  /** Takes in what the feed says of an image; what the server says of it when it is followed is newer. @param {ImageView} view */
  hear(view) {
    const photo = this.find(view.image);
    const known = photo.view;
    if (!known || !this.#isFollowed) this.photos.change(photo, { view });
    if (this.#isFollowed && (!known || isNews(view, known))) this.does.follow([view.image]);
  }

  /** @param {number} images */
  hearMore(images) {
    this.#untold += images;
  }

  /**
   * Follows all of them while they are looked at, so that none is shown as it once was.
   * @param {boolean} isFollowed
   */
  follow(isFollowed) {
    if (isFollowed === this.#isFollowed) return;
    this.#isFollowed = isFollowed;
    const open = this.photos.all.filter(({ view }) => isFollowed || !(view && isFinal(view.status)));
    const hashes = open.flatMap(({ hash }) => hash ?? []);
    if (isFollowed) this.does.follow(hashes);
    else this.does.forget(hashes);
  }

  /** The photo of an image, which is remembered from now on. @param {string} hash @returns {Photo} */
  find(hash) {
    const known = this.photos.withHash(hash);
    if (known) return known;
    this.#count += 1;
    /** @type {Photo} */
    const photo = { id: hash, batch: this.#count, place: 0, name: hash, size: 0, models: [], phase: "there", hash };
    this.photos.add([photo]);
    const tooMany = this.photos.all.slice(MOST);
    this.photos.remove(tooMany);
    if (this.#isFollowed) this.does.forget(tooMany.flatMap(({ hash: old }) => old ?? []));
    return photo;
  }
}

/**
 * Whether a view tells of something that happened after the last job of a known one was finished, as far
 * as can be told: one that is only older does not.
 * @param {ImageView} heard
 * @param {ImageView} known
 */
export function isNews(heard, known) {
  // What is not finished is followed, and needs no hint.
  if (!isFinal(known.status)) return false;
  const after = (/** @type {string | undefined} */ time, /** @type {string | undefined} */ other) => (time ?? "") > (other ?? "");
  return Object.entries(heard.jobs).some(([model, job]) => {
    const before = known.jobs[model];
    return !before || after(job.submitted_at, before.submitted_at) || after(job.finished_at, before.finished_at)
      // Failed jobs that are tried again keep the time at which they were submitted.
      || (before.state !== "SUCCEEDED" && job.state !== before.state);
  });
}
