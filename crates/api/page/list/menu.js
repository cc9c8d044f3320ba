/** What can be done with all the photos that the list shows. */

import { cancel, retry } from "../shared/actions.js";
import { byId, control } from "../shared/dom.js";
import { save, toCsv, toJson } from "../results/export.js";
import { counted } from "../shared/format.js";
import { confirmed } from "../shared/notices.js";

/** @typedef {import("./photos.js").Photo} Photo */

/**
 * @param {object} does
 * @param {() => readonly Photo[]} does.photos those that the list shows
 * @param {() => string} does.model the model it shows alone, or `""`
 * @param {(photos: readonly Photo[]) => void} does.run
 * @param {(hashes: string[]) => void} does.follow
 * @param {(photos: readonly Photo[]) => void} does.remove
 */
export function listenForMenu({ photos, model, run, follow, remove }) {
  const menu = control("menu", HTMLDetailsElement);
  const on = (/** @type {string} */ id, /** @type {(photos: readonly Photo[]) => unknown} */ does) =>
    byId(id).addEventListener("click", () => {
      menu.open = false;
      does(photos());
    });
  const jobs = (/** @type {readonly Photo[]} */ of) => ({
    images: of.flatMap(({ hash }) => hash ?? []),
    ...(model() && { models: [model()] }),
  });
  const which = (/** @type {readonly Photo[]} */ of) => `of the ${counted(of.length, "photo")} that the list shows`;
  on("csv", (of) => save("results.csv", "text/csv", toCsv(of)));
  on("json", (of) => save("results.json", "application/json", toJson(of)));
  on("run", run);
  on("retry", async (of) => (await retry(which(of), jobs(of))) && follow(jobs(of).images));
  on("cancel", async (of) => (await cancel(which(of), jobs(of))) && follow(jobs(of).images));
  on("remove", async (of) => {
    const question = `Remove the ${counted(of.length, "photo")} that the list shows from the list? The server keeps the photos and their results.`;
    if (await confirmed(question, "Remove")) remove(of);
  });
  document.addEventListener("click", ({ target }) => {
    if (target instanceof Node && !menu.contains(target)) menu.open = false;
  });
  menu.addEventListener("keydown", ({ key }) => {
    if (key !== "Escape") return;
    menu.open = false;
    menu.querySelector("summary")?.focus();
  });
}
