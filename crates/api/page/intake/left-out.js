/** Telling how far a drop is read, and which of its files were not taken, each by its name. */

import { byId, h, setText } from "../shared/dom.js";
import { counted, number } from "../shared/format.js";

/** A file that was named and not taken. @typedef {{name: string, reason: string}} Untaken */

/** The most names in the page; of more, the rest is counted. */
const MOST = 500;

/** @type {Untaken[]} */
let all = [];

/** @param {Untaken[]} untaken */
export function showLeftOut(untaken) {
  if (untaken.length === 0) return;
  all = [...untaken, ...all];
  const box = byId("left-out");
  setText(byId("left-out-sum"), `${counted(all.length, "file was", "files were")} not taken`);
  byId("left-out-names").replaceChildren(
    ...all.slice(0, MOST).map(({ name, reason }) => h("li", {}, h("bdi", { class: "file" }, name), h("span", {}, reason))),
    ...(all.length > MOST ? [h("li", {}, `and ${number(all.length - MOST)} more`)] : []));
  byId("left-out-close").onclick = () => {
    all = [];
    box.hidden = true;
  };
  box.hidden = false;
}

/** Says that files are being looked for; none means that this is over. @param {number | undefined} found */
export function showLooking(found) {
  byId("looking").hidden = found === undefined;
  setText(byId("looking"), found === undefined ? "" : found > 0 ? `Looking at the files: ${number(found)} found` : "Looking at the files");
}
