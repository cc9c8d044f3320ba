/** The true size of stored photos, which their small pictures do not tell. */

import { get, photoUrl } from "../server/api.js";

/** @typedef {import("./reading.js").Size} Size */

/** How many are remembered. */
const MOST = 2_000;

/** @type {Map<string, Promise<Size | undefined>>} */
const known = new Map();

/**
 * @param {string} hash
 * @returns {Promise<Size | undefined>} nothing if nobody can tell
 */
export function sizeOf(hash) {
  let size = known.get(hash);
  if (!size) {
    size = get(`/images/${hash}/info`).then(
      ({ width, height, orientation }) => (width > 0 && height > 0 ? { width, height, orientation: orientation ?? 1 } : measured(hash)),
      () => measured(hash));
    known.set(hash, size);
    if (known.size > MOST) known.delete(/** @type {string} */ (known.keys().next().value));
  }
  return size;
}

/**
 * As the browser shows it: a photo of a format whose header the server cannot read.
 * @param {string} hash
 * @returns {Promise<Size | undefined>}
 */
async function measured(hash) {
  const image = new Image();
  image.src = photoUrl(hash);
  try {
    await image.decode();
    return { width: image.naturalWidth, height: image.naturalHeight, orientation: 1 };
  } catch {
    return undefined;
  }
}
