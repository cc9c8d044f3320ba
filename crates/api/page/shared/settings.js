/** Settings that outlive the page. */

/**
 * A setting that outlives the page.
 * @template T
 * @param {string} name
 * @param {T} otherwise what it is until it is set
 * @returns {T}
 */
export function setting(name, otherwise) {
  try {
    return JSON.parse(localStorage.getItem(name) ?? "null") ?? otherwise;
  } catch {
    return otherwise;
  }
}

/**
 * @param {string} name
 * @param {unknown} value
 */
export function keepSetting(name, value) {
  try {
    localStorage.setItem(name, JSON.stringify(value));
  } catch {
    // Not kept: the browser allows none, or has no room.
  }
}
