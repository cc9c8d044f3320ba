/** The photos: this person's, and those that the page hears of while it is open. */

import { cancel, retry } from "../shared/actions.js";
import { photoUrl } from "../server/api.js";
import { Detail } from "../results/detail.js";
import { byId, control, h, setText } from "../shared/dom.js";
import { Filter } from "./filter.js";
import { number } from "../shared/format.js";
import { List } from "./list.js";
import { listenForMenu } from "./menu.js";
import { Photos } from "./photos.js";
import { PhotoRow } from "./row.js";
import { isFinal } from "./states.js";
import { Seen, isNews } from "./seen.js";
import { showSummary } from "./summary.js";

/** @typedef {import("./photos.js").Photo} Photo */
/** @typedef {import("./photos.js").Change} Change */
/** @typedef {import("../server/api.js").ImageView} ImageView */

/** How often a list that changes is narrowed anew. */
const NARROW_MS = 300;

export class Gallery {
  mine = new Photos();
  others;
  #seen;
  #shown = this.mine;
  #filter = new Filter(() => this.#narrow());
  #list;
  #detail;
  #timer = 0;

  /**
   * @param {object} does
   * @param {(photos: readonly Photo[]) => void} does.run has the chosen models look at photos
   * @param {() => string[]} does.models all models
   * @param {(hashes: string[]) => void} does.follow has the server tell of photos until they are finished
   * @param {(hashes: string[]) => void} does.forget
   */
  constructor(does) {
    this.does = does;
    this.#seen = new Seen({
      follow: does.follow,
      forget: (hashes) => does.forget(hashes.filter((hash) => !this.mine.withHash(hash))),
    });
    this.others = this.#seen.photos;
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
      follow: does.follow,
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
   * Takes in what the server says about a followed image. Each time it is newer.
   * @param {ImageView} view
   */
  see(view) {
    for (const photos of [this.mine, this.others]) {
      const photo = photos.withHash(view.image);
      if (photo) photos.change(photo, { view });
    }
  }

  /**
   * The server has no jobs of these followed images.
   * @param {string[]} hashes
   */
  miss(hashes) {
    for (const hash of hashes) {
      const photo = this.mine.withHash(hash);
      if (photo?.phase === "there") this.mine.change(photo, { phase: "lost", view: undefined });
    }
  }

  /**
   * Takes in what the feed says. It may be older than what is known, so that a photo of the list takes
   * nothing from it: where it says something new the server is asked.
   * @param {ImageView} view
   */
  hear(view) {
    const own = this.mine.withHash(view.image);
    if (!own) this.#seen.hear(view);
    else if (own.phase === "there" && own.view && isNews(view, own.view)) this.does.follow([view.image]);
  }

  /** So many images changed that the feed did not tell. @param {number} images */
  hearMore(images) {
    this.#seen.hearMore(images);
    this.#narrowSoon();
  }

  /**
   * Opens an image that may not be in any list.
   * @param {string} hash
   */
  open(hash) {
    this.#detail.open(this.mine.withHash(hash) ?? this.#seen.find(hash));
    this.does.follow([hash]);
  }

  /** @param {Photos} photos */
  #showList(photos) {
    this.#shown = photos;
    this.#seen.follow(photos === this.others);
    this.#narrow();
  }

  /** @param {Photos} photos @param {Change} change */
  #changed(photos, { changed }) {
    this.#detail.refresh(changed);
    if (photos === this.#shown) this.#list.refresh(changed);
    this.#narrowSoon();
  }

  #narrowSoon() {
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
    byId("seen-note").hidden = isMine;
    setText(byId("seen-note"), this.#seen.note);
    showSummary(all, this.mine.all);
  }

  /** @param {Photo} photo */
  #actions(photo) {
    const images = photo.hash ? [photo.hash] : [];
    const states = Object.values(photo.view?.jobs ?? {}).map(({ state }) => state);
    const asked = async (/** @type {Promise<boolean>} */ asking) => (await asking) && this.does.follow(images);
    const button = (/** @type {string} */ text, /** @type {() => void} */ onclick) => h("button", { type: "button", onclick }, text);
    return [
      photo.phase === "there" && photo.hash && h("a", { class: "button", href: photoUrl(photo.hash), target: "_blank", rel: "noopener" }, "Open the photo"),
      states.includes("FAILED") && button("Retry what failed", () => asked(retry("of this photo", { images }))),
      states.some((state) => !isFinal(state)) && button("Cancel", () => asked(cancel("of this photo", { images }))),
      photo.phase === "there" && button("Run the chosen models", () => this.does.run([photo])),
      this.mine.has(photo) && button("Remove from the list", () => {
        control("detail", HTMLDialogElement).close();
        this.mine.remove([photo]);
      }),
    ].flatMap((node) => (node ? [node] : []));
  }
}
