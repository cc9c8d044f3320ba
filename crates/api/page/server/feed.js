/** Everything that happens on the server, as far as it is told: the feed leaves out what comes too fast. */

import { follow } from "./connection.js";

/** @typedef {import("./connection.js").Health} Health */

/**
 * Follows the server's live feed until `signal` says to stop.
 * @param {object} how
 * @param {AbortSignal} how.signal
 * @param {(view: string) => void} how.heard of an image, with its view's text
 * @param {(images: number) => void} how.more so many changed that are not told
 * @param {(health: Health) => void} how.health
 */
export function followFeed({ signal, heard, more, health }) {
  follow({
    path: "/events",
    signal,
    hear: ({ event, data }) => {
      if (event === "image") heard(data);
      if (event === "more") more(JSON.parse(data).images);
    },
    health,
    // A server without a feed: what others do is then not shown.
  }).catch(() => {});
}
