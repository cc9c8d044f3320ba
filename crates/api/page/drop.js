/** Where photos are dropped, chosen or pasted. */

import { byId, control } from "./dom.js";
import { chosen, dropped } from "./files.js";

/**
 * Hands over all files that come to the page.
 * @param {(files: import("./files.js").Found[]) => void} take
 */
export function listenForFiles(take) {
  for (const [button, input] of [["choose-files", "files"], ["choose-folder", "folder"]]) {
    const files = control(input, HTMLInputElement);
    byId(button).addEventListener("click", () => files.click());
    files.addEventListener("change", () => {
      take(chosen(files.files));
      // So that the same file can be chosen again.
      files.value = "";
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
  addEventListener("drop", async (event) => {
    inside = 0;
    show();
    if (!event.dataTransfer || !isFiles(event)) return;
    event.preventDefault();
    take(await dropped(event.dataTransfer));
  });
  addEventListener("paste", (event) => {
    const files = chosen(event.clipboardData?.files ?? null);
    if (files.length > 0) take(files);
  });
}
