/** The photos: this person's, and those that others posted while the page is open. */

import { cancel, retry } from "./actions.js";
import { photoUrl } from "./api.js";
import { Detail } from "./detail.js";
import { byId, control, h, setText } from "./dom.js";
import { Filter } from "./filter.js";
import { number } from "./format.js";
import { List } from "./list.js";
import { listenForMenu } from "./menu.js";
import { Photos } from "./photos.js";
import { PhotoRow } from "./row.js";
import { isFinal } from "./states.js";
import { showSummary } from "./summary.js";

/** @typedef {import("./photos.js").Photo} Photo */
/** @typedef {import("./photos.js").Change} Change */

/** How many photos of others are remembered. */
const MOST_OTHERS = 1_000;

/** How often a list that changes is narrowed anew. */
const NARROW_MS = 300;

export class Gallery {
  mine = new Photos();
  others = new Photos();
  #shown = this.mine;
  #filter = new Filter(() => this.#narrow());
  #list;
  #detail;
  #timer = 0;

  /**
   * @param {object} does
   * @param {(photos: readonly Photo[]) => void} does.run has the chosen models look at photos
   * @param {() => string[]} does.models all models
   */
  constructor(does) {
    this.does = does;
    const element = byId("list");
    const how = {
      open: (/** @type {Photo} */ photo) => this.#detail.open(photo),
      width: () => element.clientWidth,
      model: () => this.#filter.model,
    };
    /** @type {List<Photo>} */
    this.#list = new List(element, (photo) => new PhotoRow(photo, how));
    this.#detail = new Detail(control("detail", HTMLDialogElement), {
      neighbour: (photo, steps) => this.#list.items[this.#list.items.indexOf(photo) + steps],
      actions: (photo) => this.#actions(photo),
    });
    for (const photos of [this.mine, this.others]) {
      photos.addEventListener("change", (event) => this.#changed(photos, /** @type {CustomEvent<Change>} */ (event).detail));
    }
    byId("mine").addEventListener("click", () => this.#showList(this.mine));
    byId("others").addEventListener("click", () => this.#showList(this.others));
    byId("clear-filter").addEventListener("click", () => this.#filter.clear());
    listenForMenu({
      photos: () => this.#list.items,
      model: () => this.#filter.model,
      run: does.run,
      remove: (of) => this.#shown.remove(of),
    });
    this.#narrow();
  }

  /** @returns {Filter} */
  get filter() {
    return this.#filter;
  }

  /** @param {number} steps */
  move(steps) {
    this.#list.move(steps);
  }

  /**
   * Takes in what the server says about an image, whoever posted it.
   * @param {import("./api.js").ImageView} view
   */
  see(view) {
    const known = this.mine.withHash(view.image);
    if (known) this.mine.change(known, { view });
    else this.others.change(this.#other(view.image), { view });
  }

  /**
   * Opens an image that may not be in any list.
   * @param {string} hash
   */
  open(hash) {
    this.#detail.open(this.mine.withHash(hash) ?? this.#other(hash));
  }

  /** @param {string} hash */
  #other(hash) {
    const known = this.others.withHash(hash);
    if (known) return known;
    /** @type {Photo} */
    const photo = { id: hash, batch: 0, place: 0, name: hash, size: 0, models: [], phase: "there", hash };
    this.others.add([photo]);
    this.others.remove(this.others.all.slice(MOST_OTHERS));
    return photo;
  }

  /** @param {Photos} photos */
  #showList(photos) {
    this.#shown = photos;
    this.#narrow();
  }

  /** @param {Photos} photos @param {Change} change */
  #changed(photos, { changed }) {
    this.#detail.refresh(changed);
    if (photos === this.#shown) this.#list.refresh(changed);
    this.#timer ||= setTimeout(() => this.#narrow(), NARROW_MS);
  }

  #narrow() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#filter.offer(this.does.models());
    const { all } = this.#shown;
    const found = this.#filter.apply(all);
    this.#list.show(found);
    const isMine = this.#shown === this.mine;
    byId("mine").setAttribute("aria-pressed", String(isMine));
    byId("others").setAttribute("aria-pressed", String(!isMine));
    setText(byId("mine-count"), number(this.mine.all.length));
    setText(byId("others-count"), number(this.others.all.length));
    document.documentElement.classList.toggle("fresh", isMine && all.length === 0);
    byId("tools").hidden = all.length === 0;
    byId("nothing-found").hidden = all.length === 0 || found.length > 0;
    byId("no-others").hidden = isMine || all.length > 0;
    showSummary(all, this.mine.all);
  }

  /** @param {Photo} photo */
  #actions(photo) {
    const images = photo.hash ? [photo.hash] : [];
    const states = Object.values(photo.view?.jobs ?? {}).map(({ state }) => state);
    const button = (/** @type {string} */ text, /** @type {() => void} */ onclick) => h("button", { type: "button", onclick }, text);
    return [
      photo.phase === "there" && photo.hash && h("a", { class: "button", href: photoUrl(photo.hash), target: "_blank", rel: "noopener" }, "Open the photo"),
      states.includes("FAILED") && button("Retry what failed", () => retry("of this photo", { images })),
      states.some((state) => !isFinal(state)) && button("Cancel", () => cancel("of this photo", { images })),
      photo.phase === "there" && button("Run the chosen models", () => this.does.run([photo])),
      this.mine.has(photo) && button("Remove from the list", () => {
        control("detail", HTMLDialogElement).close();
        this.mine.remove([photo]);
      }),
    ].flatMap((node) => (node ? [node] : []));
  }
}
