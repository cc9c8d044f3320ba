/** Recognising colours in what models say. */

/**
 * The colour that a value stands for, as CSS writes it: `"#ae7f66"`, `{r, g, b}` from 0 to 255.
 * @param {unknown} value
 * @returns {string | undefined}
 */
export function colourOf(value) {
  if (typeof value === "string") return /^#([0-9a-f]{3}|[0-9a-f]{6})$/i.test(value) ? value : undefined;
  if (typeof value !== "object" || value === null) return undefined;
  const { r, g, b } = /** @type {Record<string, unknown>} */ (value);
  return isChannel(r) && isChannel(g) && isChannel(b) ? `rgb(${r} ${g} ${b})` : undefined;
}

/** @param {unknown} value */
function isChannel(value) {
  return typeof value === "number" && value >= 0 && value <= 255;
}
