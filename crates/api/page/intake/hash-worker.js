/**
 * The worker that hashes photos, so that the page stays quick. Answers every message `{id, file}`
 * with `{id, hash, kind}`, `{id, kind}` for what is no picture, or `{id, unreadable: true}`, in the order they
 * came.
 */

import { HEAD_LENGTH, kindOf } from "./formats.js";
import { Md5 } from "./md5.js";

/** How many bytes are in memory at a time. */
const SLICE = 4 << 20;

/**
 * @param {File} file
 * @returns {Promise<{hash?: string, kind: import("./formats.js").Kind}>}
 */
async function look(file) {
  const md5 = new Md5();
  /** @type {import("./formats.js").Kind} */
  let kind = { name: "" };
  for (let at = 0; at === 0 || at < file.size; at += SLICE) {
    const bytes = new Uint8Array(await file.slice(at, at + SLICE).arrayBuffer());
    if (at === 0) kind = kindOf(bytes.subarray(0, HEAD_LENGTH));
    if (!kind.format) return { kind };
    md5.update(bytes);
  }
  return { hash: md5.finish(), kind };
}

let last = Promise.resolve();

addEventListener("message", ({ data: { id, file } }) => {
  last = last.then(async () => {
    // A file that was removed, or changed since it was chosen, cannot be read.
    const found = await look(file).catch(() => ({ unreadable: true }));
    postMessage({ id, ...found });
  });
});
