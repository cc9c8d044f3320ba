/** Showing the list as it was when the page was left, and keeping it from then on, the same in all tabs. */

import { notice } from "../shared/notices.js";
import { Storage } from "./storage.js";
import { Tabs } from "./tabs.js";

/** @typedef {import("../list/photos.js").Photo} Photo */
/** @typedef {import("../list/photos.js").Photos} Photos */
/** @typedef {import("../list/photos.js").Change} Change */
/** @typedef {import("./storage.js").Kept} Kept */

/** Photos on their way to the server. */
const WORKING = new Set(["reading", "asking", "sending"]);

/**
 * @param {Photos} photos the list, which is empty as yet
 * @param {import("../intake/intake.js").Intake} intake
 * @param {import("../server/streams.js").Streams} streams
 * @returns {Promise<Storage>} where the list is kept, once it is shown
 */
export async function keepList(photos, intake, streams) {
  const storage = await Storage.open();
  if (storage.isNewer) notice("A newer version of this page has kept the list. Reload the page; until then nothing is kept.");
  else if (!storage.keeps) notice("This browser keeps nothing for the page: the list is gone when the page is closed.");
  const tabs = new Tabs({
    changed: (others) => (taken = taken.then(() => take(others))),
    removed: (ids) => forget(ids),
    left: (ids) => intake.resume(ids.flatMap((id) => photos.withId(id) ?? []).filter(({ file }) => !file)),
    working: () => photos.all.filter(({ file, phase }) => file && WORKING.has(phase)),
  });

  /** Ids of photos that were removed here or in another tab; none is ever used again. @type {Set<string>} */
  const removedIds = new Set();
  /** What other tabs said is taken over in the order in which they said it. */
  let taken = Promise.resolve();

  /** @param {Iterable<string>} ids */
  const forget = (ids) => {
    for (const id of ids) removedIds.add(id);
    photos.remove(Array.from(ids).flatMap((id) => photos.withId(id) ?? []));
  };

  /**
   * Takes over what another tab did, unless this one works on the photo. What was removed meanwhile stays
   * removed: a tab says what it wrote once that is kept, which may be after another one removed it.
   * @param {Kept[]} others
   */
  const take = async (others) => {
    const unknown = others.flatMap(({ id }) => (photos.withId(id) ? [] : [id]));
    const missing = unknown.length > 0 ? await storage.missing(unknown) : new Set();
    for (const other of others) {
      if (removedIds.has(other.id) || missing.has(other.id)) continue;
      const own = photos.withId(other.id);
      if (own?.file) continue;
      if (own) {
        if (other.hash) photos.identify(own, other.hash);
        photos.change(own, other);
        storage.know([own]);
      } else if (!other.hash || !photos.withHash(other.hash)) {
        storage.know([other]);
        photos.add([other]);
      }
    }
    streams.follow(others.flatMap(({ phase, hash }) => (phase === "there" && hash && photos.withHash(hash) ? [hash] : [])));
  };

  const known = (await storage.all()).filter(({ id }) => !photos.withId(id));
  photos.add(known);
  photos.addEventListener("change", async (event) => {
    const { changed, removed } = /** @type {CustomEvent<Change>} */ (event).detail;
    intake.drop(removed);
    storage.remove(removed);
    // Another tab may have brought a photo back since it was removed here.
    forget(Array.from(removed, ({ id }) => id));
    const { written, gone } = await storage.put(changed);
    photos.remove(gone);
    tabs.tell(written, removed);
  });
  const isSettled = (/** @type {Photo} */ { phase }) => phase === "there" || phase === "refused" || phase === "lost";
  const busy = known.every(isSettled) ? new Set() : await tabs.busy();
  intake.resume(known.filter((photo) => photos.has(photo) && !busy.has(photo.id)));
  return storage;
}
