/** Operations as lines for a shell. */

/** @typedef {Record<string, any>} Json */

const IMAGE = "1d52825755108a2a6df146737f6149cb";

/**
 * A line that does an operation.
 * @param {Json} operation
 * @param {string} server
 * @returns {string}
 */
export function curl(operation, server) {
  const address = quoted(server + operation.path.replace("{image}", IMAGE));
  const content = operation.requestBody?.content ?? {};
  if (operation.method === "head") return `curl --head ${address}`;
  if (content["multipart/form-data"]) return `curl -F images=@photo.jpg -F models=average_color ${address}`;
  const body = content["application/json"]?.example;
  if (body) return `curl --json ${quoted(JSON.stringify(body))} ${address}`;
  const streams = operation.responses[200]?.content ?? {};
  const flags = streams["text/event-stream"] || streams["application/x-ndjson"] ? "-N " : streams["image/jpeg"] ? "-O " : "";
  return `curl ${flags}${operation.method === "get" ? "" : `-X ${operation.method.toUpperCase()} `}${address}`;
}

/** @param {string} text */
function quoted(text) {
  return /[^\w:/.-]/.test(text) ? `'${text.replaceAll("'", "'\\''")}'` : text;
}
