/** The boxes over an open photo, and how they are read: what is guessed can be said otherwise. */

import { h } from "../shared/dom.js";
import { counted } from "../shared/format.js";
import { allPlaced, boxesOf, choiceOf, choose, drawing } from "./drawing.js";
import { sizeOf } from "./photo-size.js";
import { FRAMES, LAYOUTS, isTurned, placed, readingOf } from "./reading.js";

/** @typedef {import("./drawing.js").Found} Found */
/** @typedef {import("./reading.js").Size} Size */

/** What is drawn last into an element. @type {WeakMap<HTMLElement, unknown>} */
const shown = new WeakMap();

/**
 * @param {HTMLElement} element where it is said how the boxes are read
 * @param {HTMLImageElement} image
 * @param {string} hash
 * @param {import("../server/api.js").ImageView | undefined} view
 */
export async function showBoxes(element, image, hash, view) {
  if (shown.get(element) === view) return;
  shown.set(element, view);
  const found = boxesOf(view);
  const size = found.length > 0 ? await sizeOf(hash) : undefined;
  if (shown.get(element) !== view) return;
  image.parentElement?.querySelector(".boxes")?.remove();
  element.replaceChildren();
  if (!size) return;
  const draw = () => {
    if (image.naturalWidth === 0 || shown.get(element) !== view) return;
    image.parentElement?.querySelector(".boxes")?.remove();
    image.after(drawing(allPlaced(found, size), { width: image.naturalWidth, height: image.naturalHeight }, true));
  };
  const tell = () => element.replaceChildren(...found.map((one) => reading(one, size, () => {
    tell();
    draw();
  })));
  tell();
  if (image.complete) draw();
  image.addEventListener("load", draw);
}

/**
 * How the boxes of one model are read.
 * @param {Found} found
 * @param {Size} size
 * @param {() => void} changed
 */
function reading({ model, marks }, size, changed) {
  const read = readingOf(marks, size, choiceOf(model));
  const { boxes, outside } = placed(marks, read, size);
  const isOpen = marks.some(({ layout }) => !layout);
  const select = (/** @type {string} */ label, /** @type {[string, string][]} */ options, /** @type {string} */ value, /** @type {(value: any) => void} */ set) => {
    const element = h("select", { "aria-label": label, onchange: () => {
      set(element.value);
      changed();
    } }, ...options.map(([name, text]) => h("option", { value: name }, text)));
    element.value = value;
    return element;
  };
  const guess = (/** @type {boolean} */ isGuess) => isGuess && h("span", { class: "hint" }, "(a guess)");
  return h("p", { "data-model": model },
    `${counted(boxes.length, "box", "boxes")} of ${model}`,
    isOpen && h("span", {}, " read as ", select(`Boxes of ${model}`, LAYOUTS, read.layout, (layout) => choose(model, { layout })), " "),
    isOpen && guess(read.isLayoutGuess),
    isTurned(size) && h("span", {}, " in the photo ", select(`Photo that ${model} saw`, FRAMES, read.frame, (frame) => choose(model, { frame })), " "),
    isTurned(size) && guess(read.isFrameGuess),
    outside > 0 && h("span", { class: "hint" }, ` ${counted(outside, "box lies", "boxes lie")} outside of the photo`));
}
