/** The scripts that the page starts as workers. */

/** The workers, by the names of their modules below the page's folder. */
const WORKERS = new Set(["intake/hash-worker.js", "server/stream-worker.js"]);

const types = /** @type {any} */ (globalThis).trustedTypes;
const policy = types?.createPolicy("page-worker", {
  createScriptURL: (/** @type {string} */ name) => {
    if (!WORKERS.has(name)) throw new TypeError(`${name} is no worker of the page`);
    return addressOf(name);
  },
});

/**
 * The address of a worker's script. The server's policy lets no text name a script, but for what
 * this one policy of the page makes.
 * @param {"intake/hash-worker.js" | "server/stream-worker.js"} name
 * @returns {string}
 */
export function workerScript(name) {
  return policy ? policy.createScriptURL(name) : addressOf(name);
}

/** @param {string} name */
function addressOf(name) {
  return new URL(`../${name}`, import.meta.url).href;
}
