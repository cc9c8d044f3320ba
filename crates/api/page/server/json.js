/** JSON whose numbers keep the text they were written in. */

/**
 * A number in JSON that JavaScript would write otherwise: `9007199254740993`, `1e400`, `1.50`.
 * Everything else is an ordinary number.
 */
export class ExactNumber {
  /** @param {string} source as it is written */
  constructor(source) {
    this.source = source;
  }

  /** The nearest number that JavaScript has. */
  valueOf() {
    return Number(this.source);
  }

  toString() {
    return this.source;
  }

  /** For comparisons and searches; {@link stringify} writes the number itself. */
  toJSON() {
    return this.source;
  }
}

/** A JSON text that is written as it is. */
export class RawJson {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
  }
}

/** Finds numbers that may have to be kept as they are written. Most texts have none. */
const UNUSUAL = /(?:^|[[:,\s])-?(?:[\d.]{16}|[\d.]+[eE]|\d+\.\d*0(?=[\s,\]}]|$)|0\.0{6}|0(?=[\s,\]}]|$)(?<=-0))/;

const SPACE = /[ \t\r\n]*/y;
const SCALAR = /[^\s,\]}]*/y;

/**
 * What a JSON text says. Fails as `JSON.parse` does.
 * @param {string} text
 * @returns {any}
 */
export function parse(text) {
  const value = JSON.parse(text);
  if (!UNUSUAL.test(text)) return value;
  try {
    return new Reader(text).value();
  } catch (error) {
    // Nested more deeply than functions may call each other: nothing so deep is shown number by number.
    if (error instanceof RangeError) return value;
    throw error;
  }
}

/**
 * The source texts of the members of an object that a JSON text has under a name.
 * @param {string} text a JSON object
 * @param {string} name
 * @returns {Record<string, string>}
 */
export function sourcesOf(text, name) {
  const found = new Reader(text).members().find(([member]) => member === name)?.[1];
  return found?.startsWith("{") ? Object.fromEntries(new Reader(found).members()) : {};
}

/**
 * The JSON text of a value. {@link ExactNumber}s and {@link RawJson} come out as they were read.
 * @param {unknown} value
 * @param {number} [indent]
 * @returns {string}
 */
export function stringify(value, indent = 0) {
  return written(value, indent, "\n");
}

/** @param {unknown} value @param {number} indent @param {string} line @returns {string} */
function written(value, indent, line) {
  if (value instanceof ExactNumber) return value.source;
  if (value instanceof RawJson) return value.text;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const inner = indent > 0 ? line + " ".repeat(indent) : "";
  const isList = Array.isArray(value);
  const items = isList
    ? value.map((item) => written(item, indent, inner))
    : Object.entries(value).filter(([, item]) => item !== undefined)
      .map(([name, item]) => `${JSON.stringify(name)}:${indent > 0 ? " " : ""}${written(item, indent, inner)}`);
  const [open, close] = isList ? "[]" : "{}";
  if (items.length === 0) return open + close;
  return `${open}${inner}${items.join(`,${inner}`)}${indent > 0 ? line : ""}${close}`;
}

/** Reads a text that is known to be JSON. */
class Reader {
  #at = 0;
  #text;

  /** @param {string} text */
  constructor(text) {
    this.#text = text;
  }

  /** @returns {unknown} */
  value() {
    const first = this.#next();
    if (first === "{") {
      /** @type {Record<string, unknown>} */
      const object = {};
      this.#each("}", () => {
        const name = this.#name();
        // A plain assignment to `__proto__` would make no member.
        Object.defineProperty(object, name, { value: this.value(), enumerable: true, configurable: true, writable: true });
      });
      return object;
    }
    if (first === "[") {
      /** @type {unknown[]} */
      const list = [];
      this.#each("]", () => list.push(this.value()));
      return list;
    }
    const source = this.#source();
    if (first === '"') return textOf(source);
    if (first === "t" || first === "f" || first === "n") return JSON.parse(source);
    const value = Number(source);
    return String(value) === source ? value : new ExactNumber(source);
  }

  /** The members of the object that the text is, each with its source. @returns {[string, string][]} */
  members() {
    /** @type {[string, string][]} */
    const members = [];
    this.#next();
    this.#each("}", () => members.push([this.#name(), this.#source()]));
    return members;
  }

  /** @param {string} end @param {() => void} read one item */
  #each(end, read) {
    this.#at += 1;
    while (this.#next() !== end) {
      read();
      if (this.#next() === ",") this.#at += 1;
    }
    this.#at += 1;
  }

  #name() {
    const name = textOf(this.#source());
    this.#next();
    // The colon.
    this.#at += 1;
    return name;
  }

  /** The source of the value that comes next, which is stepped over. */
  #source() {
    const first = this.#next();
    const from = this.#at;
    if (first === '"') this.#skipString();
    else if (first === "{" || first === "[") this.#skipNested();
    else this.#match(SCALAR);
    return this.#text.slice(from, this.#at);
  }

  #skipNested() {
    const mark = /["{}[\]]/g;
    let depth = 0;
    do {
      mark.lastIndex = this.#at;
      const found = mark.exec(this.#text);
      if (!found) throw new SyntaxError("the JSON ends within a value");
      this.#at = found.index;
      if (found[0] === '"') {
        this.#skipString();
        continue;
      }
      depth += found[0] === "{" || found[0] === "[" ? 1 : -1;
      this.#at += 1;
    } while (depth > 0);
  }

  #skipString() {
    let end = this.#at;
    let slashes;
    do {
      end = this.#text.indexOf('"', end + 1);
      if (end < 0) throw new SyntaxError("the JSON ends within a text");
      slashes = 0;
      while (this.#text[end - 1 - slashes] === "\\") slashes += 1;
    } while (slashes % 2 === 1);
    this.#at = end + 1;
  }

  /** The first character of what comes next, after white space. */
  #next() {
    if (this.#text.charCodeAt(this.#at) <= 32) this.#match(SPACE);
    return this.#text[this.#at];
  }

  /** @param {RegExp} pattern */
  #match(pattern) {
    pattern.lastIndex = this.#at;
    this.#at += pattern.exec(this.#text)?.[0].length ?? 0;
  }
}

/** @param {string} source of a text in JSON @returns {string} */
function textOf(source) {
  return source.includes("\\") ? JSON.parse(source) : source.slice(1, -1);
}
