/** A long list of which only the visible part is in the page. */

import { h } from "../shared/dom.js";

/** How many rows beyond the visible ones are made, so that scrolling finds them ready. */
const SPARE = 4;

/**
 * What a row is to the list.
 * @template Item
 * @typedef {object} Row
 * @property {HTMLElement} element
 * @property {HTMLElement} focusable what the keyboard reaches
 * @property {(item: Item) => void} show
 * @property {() => void} leave called when the row is taken out of the page
 */

/**
 * All rows have the same height, the CSS variable `--row-height` of the element, which is what makes
 * a list of any length cheap. The page scrolls, not the list. The arrow keys go from row to row.
 * @template {object} Item
 */
export class List {
  /** @type {readonly Item[]} */
  #items = [];
  /** @type {Map<Item, Row<Item>>} */
  #rows = new Map();
  /** The row that the keyboard reaches. @type {Item | undefined} */
  #current;
  #isPlanned = false;

  /**
   * @param {HTMLElement} element
   * @param {(item: Item) => Row<Item>} makeRow
   */
  constructor(element, makeRow) {
    this.element = element;
    this.makeRow = makeRow;
    const plan = () => this.#plan();
    addEventListener("scroll", plan, { passive: true });
    // Also when the view that it is in is shown: what is hidden has no width.
    new ResizeObserver(() => this.#showAll()).observe(element.parentElement ?? element);
    addEventListener("resize", plan);
    element.addEventListener("keydown", (event) => this.#key(event));
    element.addEventListener("focusin", ({ target }) => {
      for (const [item, row] of this.#rows) if (row.focusable === target) this.#setCurrent(item);
    });
  }

  /** @returns {readonly Item[]} */
  get items() {
    return this.#items;
  }

  /**
   * Shows these, in this order.
   * @param {readonly Item[]} items
   */
  show(items) {
    this.#items = items;
    if (!this.#current || !items.includes(this.#current)) this.#current = items[0];
    this.#showAll();
    this.#plan();
  }

  /**
   * Shows what changed of the visible ones.
   * @param {Set<Item>} changed
   */
  refresh(changed) {
    for (const [item, row] of this.#rows) if (changed.has(item)) row.show(item);
  }

  /**
   * Puts the keyboard on a row, by how far it is from the current one.
   * @param {number} steps
   */
  move(steps) {
    const from = this.#current ? this.#items.indexOf(this.#current) : 0;
    const to = Math.max(0, Math.min(this.#items.length - 1, from + steps));
    const item = this.#items[to];
    if (!item) return;
    this.#setCurrent(item);
    this.#scrollTo(to);
    this.#draw();
    this.#rows.get(item)?.focusable.focus({ preventScroll: true });
  }

  #showAll() {
    if (this.element.offsetParent === null) return;
    this.#plan();
    for (const [item, row] of this.#rows) row.show(item);
  }

  /** @param {Item} item */
  #setCurrent(item) {
    if (this.#current) this.#reach(this.#current, false);
    this.#current = item;
    this.#reach(item, true);
  }

  /** @param {Item} item @param {boolean} isReached */
  #reach(item, isReached) {
    const row = this.#rows.get(item);
    if (row) row.focusable.tabIndex = isReached ? 0 : -1;
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const page = Math.max(1, Math.floor(innerHeight / this.#height()) - 1);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity }[event.key];
    if (steps === undefined) return;
    event.preventDefault();
    this.move(steps);
  }

  #height() {
    return Number.parseFloat(getComputedStyle(this.element).getPropertyValue("--row-height")) || 100;
  }

  /** @param {number} index */
  #scrollTo(index) {
    const height = this.#height();
    const top = this.element.getBoundingClientRect().top + index * height;
    const covered = Number.parseFloat(getComputedStyle(document.documentElement).scrollPaddingTop) || 0;
    if (top < covered) scrollBy(0, top - covered);
    else if (top + height > innerHeight) scrollBy(0, top + height - innerHeight);
  }

  #plan() {
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    requestAnimationFrame(() => {
      this.#isPlanned = false;
      this.#draw();
    });
  }

  #draw() {
    const height = this.#height();
    const { length } = this.#items;
    this.element.style.height = `${length * height}px`;
    if (this.element.offsetParent === null) return;
    const above = -this.element.getBoundingClientRect().top;
    const first = Math.max(0, Math.floor(above / height) - SPARE);
    const end = Math.min(length, Math.ceil((above + innerHeight) / height) + SPARE);
    /** @type {Map<Item, number>} */
    const visible = new Map();
    for (let index = first; index < end; index += 1) visible.set(this.#items[index], index);
    for (const [item, row] of this.#rows) {
      // The one with the focus stays, however far it is scrolled away.
      const index = row.element.contains(document.activeElement) ? this.#items.indexOf(item) : -1;
      if (index >= 0) visible.set(item, index);
      if (visible.has(item)) continue;
      row.element.parentElement?.remove();
      row.leave();
      this.#rows.delete(item);
    }
    this.#place([...visible].sort(([, a], [, b]) => a - b), height);
  }

  /**
   * Puts rows where they belong, in the order in which they are read.
   * @param {[Item, number][]} visible
   * @param {number} height
   */
  #place(visible, height) {
    let next = this.element.firstElementChild;
    for (const [item, index] of visible) {
      const slot = this.#slotOf(item);
      if (slot === next) next = slot.nextElementSibling;
      else this.element.insertBefore(slot, next);
      slot.style.transform = `translateY(${index * height}px)`;
      slot.setAttribute("aria-posinset", String(index + 1));
      slot.setAttribute("aria-setsize", String(this.#items.length));
    }
  }

  /** @param {Item} item @returns {HTMLElement} */
  #slotOf(item) {
    const known = this.#rows.get(item)?.element.parentElement;
    if (known) return known;
    const row = this.makeRow(item);
    row.focusable.tabIndex = item === this.#current ? 0 : -1;
    this.#rows.set(item, row);
    return h("div", { role: "listitem", class: "slot" }, row.element);
  }
}
