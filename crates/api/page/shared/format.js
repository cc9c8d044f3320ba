/** Numbers, sizes and times, as people read them. */

const INTEGER = new Intl.NumberFormat("en");
const DECIMAL = new Intl.NumberFormat("en", { maximumSignificantDigits: 5 });

/** @type {[number, string][]} */
const UNITS = [[1e9, "GB"], [1e6, "MB"], [1e3, "kB"]];

/** @type {[number, string][]} */
const SPANS = [[86_400, "d"], [3_600, "h"], [60, "min"], [1, "s"]];

/** @param {number} value */
export function number(value) {
  return Number.isInteger(value) ? INTEGER.format(value) : DECIMAL.format(value);
}

/**
 * A number that is told by its text, as JavaScript would round it or write it otherwise: whole ones with
 * all of their digits, and what no number here can be as it is written.
 * @param {string} source
 */
export function exactly(source) {
  if (/^-?\d+$/.test(source)) return INTEGER.format(BigInt(source));
  const value = Number(source);
  return Number.isFinite(value) && (value !== 0 || !/[1-9]/.test(source)) ? number(value) : source;
}

/**
 * `1 photo`, `2 photos`.
 * @param {number} count
 * @param {string} one
 * @param {string} [many]
 */
export function counted(count, one, many = `${one}s`) {
  return `${INTEGER.format(count)} ${count === 1 ? one : many}`;
}

/** @param {number} count */
export function bytes(count) {
  const [unit, name] = UNITS.find(([unit]) => count >= unit) ?? [1, "bytes"];
  const value = count / unit;
  return `${value < 10 && unit > 1 ? value.toFixed(1) : INTEGER.format(Math.round(value))} ${name}`;
}

/**
 * A length of time, in its largest unit: `12 s`, `3 min`.
 * @param {number} ms
 */
export function span(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const [unit, name] = SPANS.find(([unit]) => seconds >= unit) ?? [1, "s"];
  return `${Math.floor(seconds / unit)} ${name}`;
}

/**
 * How long ago a moment was.
 * @param {string | null | undefined} time
 * @param {number} now
 */
export function age(time, now) {
  return time ? span(now - Date.parse(time)) : "–";
}

/**
 * How often something happens.
 * @param {number | null | undefined} perSecond
 */
export function rate(perSecond) {
  if (!perSecond) return "–";
  if (perSecond < 0.1) return `${DECIMAL.format(Number((perSecond * 60).toPrecision(2)))}/min`;
  return `${DECIMAL.format(Number(perSecond.toPrecision(perSecond < 10 ? 2 : 3)))}/s`;
}

/** @param {string} time */
export function clock(time) {
  return new Date(time).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" });
}
