/** Everything that happens on the server, for as long as somebody looks. */

import { follow } from "./connection.js";

/** @typedef {import("./api.js").ImageView} ImageView */

/**
 * Follows the server's live feed while the page is visible: a browser opens six connections to a
 * server, over all of its tabs.
 * @param {(view: ImageView) => void} seen
 * @param {(health: import("./connection.js").Health) => void} health
 */
export function followFeed(seen, health) {
  let stop = new AbortController();
  const start = () => {
    stop.abort();
    if (document.hidden) return;
    stop = new AbortController();
    follow({
      path: "/events",
      signal: stop.signal,
      hear: ({ event, data }) => {
        if (event === "image") seen(JSON.parse(data));
      },
      health,
      // A server without a feed: what others do is then not shown.
    }).catch(() => {});
  };
  document.addEventListener("visibilitychange", start);
  start();
}
