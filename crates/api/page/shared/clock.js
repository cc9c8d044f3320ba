/** The server's clock, by which its times are told. */

let ahead = 0;

/** Takes in what time the server says it is. @param {string} at */
export function setClock(at) {
  ahead = Date.parse(at) - Date.now() || 0;
}

/** The server's time in milliseconds, as far as it was told. */
export function serverNow() {
  return Date.now() + ahead;
}
