/** Reading server-sent events (WHATWG HTML, 9.2) off a response, which `POST` needs too. */

/** @typedef {{event: string, id?: string, data: string}} ServerEvent */

/** The most characters of one event; more is no event of ours. */
const LONGEST = 80 << 20;

/**
 * The events of a stream as they come, until it ends. `alive` is called for whatever comes,
 * comments included.
 * @param {ReadableStream<Uint8Array<ArrayBuffer>>} stream
 * @param {() => void} alive
 * @returns {AsyncGenerator<ServerEvent>}
 */
export async function* readEvents(stream, alive) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  /** @type {ServerEvent} */
  let event = { event: "message", data: "" };
  /** @type {string[]} */
  let data = [];
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      alive();
      if (rest.length > LONGEST) throw new Error("an event has no end");
      // A return at the end may be half a line end.
      const lines = (rest + value).split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop() ?? "";
      for (const line of lines) {
        if (line === "") {
          if (data.length > 0) yield { ...event, data: data.join("\n") };
          event = { event: "message", data: "" };
          data = [];
          continue;
        }
        const [, name, text] = /^([^:]*)(?:: ?)?([^]*)$/.exec(line) ?? [];
        if (name === "data") data.push(text);
        else if (name === "event") event.event = text;
        else if (name === "id") event.id = text;
      }
    }
  } finally {
    // Whoever stops listening hangs up.
    reader.cancel().catch(() => {});
  }
}
