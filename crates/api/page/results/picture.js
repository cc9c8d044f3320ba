/** The small picture of a photo, with the boxes that its results have. */

import { photoUrl } from "../server/api.js";
import { h } from "../shared/dom.js";
import { allPlaced, boxesOf, drawing } from "../boxes/drawing.js";
import { sizeOf } from "../boxes/photo-size.js";

/** @typedef {import("../list/photos.js").Photo} Photo */

/** How wide it is asked for. */
const WIDTH = 320;

/** How long a row must stay before its picture is asked for: rows that are scrolled past need none. */
const PATIENCE_MS = 60;

/** How often, and after how long, a picture that did not come is asked for again. */
const AGAIN_MS = [2_000, 10_000];

export class Picture {
  element = h("div", { class: "picture" });
  #image = h("img", { alt: "", decoding: "async" });
  /** What is shown, or asked for. */
  #source = "";
  /** The address of a file that only this page has. */
  #own = "";
  /** @type {import("../server/api.js").ImageView | undefined} */
  #view;
  #hash = "";
  /** @type {import("../boxes/drawing.js").Box[]} */
  #boxes = [];
  #timer = 0;
  #failures = 0;

  constructor() {
    this.#image.addEventListener("load", () => this.#loaded());
    this.#image.addEventListener("error", () => this.#failed());
  }

  /** @param {Photo} photo */
  show(photo) {
    if (photo.view !== this.#view) this.#find(photo);
    const source = this.#sourceOf(photo);
    if (source === this.#source) {
      if (this.#image.complete && this.#image.naturalWidth > 0) this.#draw();
      return;
    }
    this.#source = source;
    this.#failures = 0;
    this.#load(PATIENCE_MS);
  }

  /** Gives back what it holds. */
  leave() {
    clearTimeout(this.#timer);
    this.#source = "";
    this.#image.removeAttribute("src");
    this.#free();
  }

  /** Finds the boxes of what the models say now. @param {Photo} photo */
  async #find({ view, hash = "" }) {
    this.#view = view;
    this.#hash = hash;
    const found = boxesOf(view);
    const size = found.length > 0 ? await sizeOf(hash) : undefined;
    if (view !== this.#view || hash !== this.#hash) return;
    this.#boxes = size ? allPlaced(found, size) : [];
    if (this.#image.complete && this.#image.naturalWidth > 0 && this.element.contains(this.#image)) this.#draw();
  }

  /** @param {Photo} photo */
  #sourceOf({ phase, hash, file }) {
    if (phase === "there" && hash) return photoUrl(hash, WIDTH);
    if (file && !this.#own) this.#own = URL.createObjectURL(file);
    return file ? this.#own : "";
  }

  /** @param {number} patience */
  #load(patience) {
    clearTimeout(this.#timer);
    if (!this.#source) {
      this.element.replaceChildren();
      return;
    }
    this.#timer = setTimeout(() => (this.#image.src = this.#source), patience);
  }

  #loaded() {
    if (this.#own && this.#source !== this.#own) this.#free();
    this.element.classList.remove("none");
    this.#draw();
  }

  #draw() {
    const { naturalWidth: width, naturalHeight: height } = this.#image;
    const isDrawn = this.#boxes.length > 0;
    this.element.classList.toggle("whole", isDrawn);
    this.element.replaceChildren(this.#image, ...(isDrawn ? [drawing(this.#boxes, { width, height }, false)] : []));
  }

  #failed() {
    if (!this.#image.hasAttribute("src")) return;
    const again = AGAIN_MS[this.#failures];
    this.#failures += 1;
    if (again !== undefined) {
      this.#image.removeAttribute("src");
      this.#load(again);
    }
    // No picture, such as that of a HEIC in most browsers.
    this.element.classList.add("none");
    this.element.replaceChildren();
  }

  #free() {
    if (this.#own) URL.revokeObjectURL(this.#own);
    this.#own = "";
  }
}
