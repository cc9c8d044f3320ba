/** Where photos are dropped, chosen or pasted. */

import { byId, control } from "../shared/dom.js";
import { pause } from "../shared/pause.js";
import { chosen, dropped } from "./files.js";

/**
 * Hands over all files that come to the page.
 * @param {(files: import("./files.js").Found[]) => Promise<void>} take
 * @param {(found: number | undefined) => void} looking told how many were found so far, and at the end nothing
 */
export function listenForFiles(take, looking) {
  /** Shows that something happens before it begins. @param {() => Promise<import("./files.js").Found[]> | import("./files.js").Found[]} find */
  const find = async (find) => {
    looking(0);
    await pause(0);
    const files = await find();
    looking(files.length);
    await take(files);
    looking(undefined);
  };
  for (const [button, input] of [["choose-files", "files"], ["choose-folder", "folder"]]) {
    const files = control(input, HTMLInputElement);
    byId(button).addEventListener("click", () => files.click());
    files.addEventListener("change", () => {
      const list = Array.from(files.files ?? []);
      // So that the same file can be chosen again.
      files.value = "";
      find(() => chosen(list));
    });
  }
  // The whole page takes them: a photo that misses the zone would replace the page.
  let inside = 0;
  const isFiles = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes("Files");
  const show = () => document.documentElement.classList.toggle("dropping", inside > 0);
  addEventListener("dragenter", (event) => {
    if (!isFiles(event)) return;
    inside += 1;
    show();
  });
  addEventListener("dragleave", (event) => {
    if (!isFiles(event)) return;
    inside = Math.max(0, inside - 1);
    show();
  });
  addEventListener("dragover", (event) => {
    if (isFiles(event)) event.preventDefault();
  });
  addEventListener("drop", (event) => {
    inside = 0;
    show();
    if (!event.dataTransfer || !isFiles(event)) return;
    event.preventDefault();
    const files = dropped(event.dataTransfer, looking);
    find(() => files);
  });
  addEventListener("paste", (event) => {
    const list = Array.from(event.clipboardData?.files ?? []);
    if (list.length > 0) find(() => chosen(list));
  });
}
