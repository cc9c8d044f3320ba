/** Recognising colours in what models say. */

import { ExactNumber } from "../server/json.js";

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
  const channel = typeof value === "number" || value instanceof ExactNumber ? Number(value) : NaN;
  return channel >= 0 && channel <= 255;
}
