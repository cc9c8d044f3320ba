/** `/docs`: what the server can be asked, laid out from its own description. */

import { address } from "../server/api.js";
import { byId, h } from "../shared/dom.js";
import { Schemas } from "./docs-schema.js";
import { curl } from "./docs-curl.js";
import { paragraphs, words } from "./docs-text.js";
import { listenForTheme } from "../shared/theme.js";

const METHODS = ["get", "head", "post", "put", "delete"];

/** @typedef {Record<string, any>} Json */

listenForTheme();
show().catch((error) => {
  const trouble = byId("docs-trouble");
  trouble.textContent = `The description cannot be shown: ${error.message}`;
  trouble.hidden = false;
});

async function show() {
  const answer = await fetch(address("/openapi.json"));
  if (!answer.ok) throw new Error(`the server answers ${answer.status}`);
  /** @type {Json} */
  const document_ = await answer.json();
  const schemas = new Schemas(document_.components.schemas);
  byId("about").append(h("h2", {}, `${document_.info.title} ${document_.info.version}`), ...paragraphs(document_.info.description));
  for (const tag of document_.tags) {
    const operations = operationsOf(document_, tag.name);
    byId("contents").append(h("h2", {}, tag.name), h("ul", {}, ...operations.map((it) => h("li", {}, entry(it)))));
    byId("operations").append(h("section", { class: "topic", "aria-label": tag.name },
      h("h2", {}, tag.name), h("p", {}, tag.description), ...operations.map((it) => operation(it, schemas))));
  }
  // The place that the address names was not there when the page was opened.
  if (location.hash.length > 1) document.getElementById(location.hash.slice(1))?.scrollIntoView();
  document.documentElement.dataset.ready = "";
}

/**
 * @param {Json} document_
 * @param {string} tag
 */
function operationsOf(document_, tag) {
  const all = Object.entries(document_.paths).flatMap(([path, methods]) =>
    METHODS.filter((method) => methods[method]).map((method) => ({ path, method, ...methods[method] })));
  return all.filter((it) => it.tags.includes(tag));
}

/** @param {Json} it */
function entry(it) {
  return h("a", { href: `#${it.operationId}`, title: it.summary }, method(it), it.path);
}

/** @param {Json} it */
function method(it) {
  return h("span", { class: "method", "data-method": it.method }, it.method.toUpperCase());
}

/**
 * @param {Json} it
 * @param {Schemas} schemas
 */
function operation(it, schemas) {
  const bodies = Object.entries(it.requestBody?.content ?? {});
  return h("article", { class: "operation card", id: it.operationId, "data-operation": `${it.method} ${it.path}` },
    h("h3", {}, method(it), h("a", { href: `#${it.operationId}` }, h("code", {}, it.path))),
    h("p", { class: "summary" }, ...words(it.summary)),
    ...paragraphs(it.description),
    it.parameters && h("h4", {}, "Parameters"),
    it.parameters && h("ul", { class: "fields" }, ...it.parameters.map((/** @type {Json} */ one) => parameter(one, schemas))),
    ...bodies.flatMap(([type, media]) => [h("h4", {}, `Body, ${type}`), ...content(media, schemas, true)]),
    h("h4", {}, "Answers"),
    ...Object.entries(it.responses).map(([status, response]) => answer(status, response, schemas)),
    h("h4", {}, "With curl"),
    h("pre", { tabindex: "0" }, h("code", {}, curl(it, address("/").replace(/\/$/, "")))));
}

/**
 * @param {Json} one
 * @param {Schemas} schemas
 */
function parameter(one, schemas) {
  return h("li", {}, h("code", {}, one.name), " ",
    h("span", { class: "kind" }, `${one.in} · ${schemas.kind(one.schema)}`), " ",
    one.required && h("span", { class: "must" }, "required"),
    h("p", {}, ...words(one.description)));
}

/**
 * @param {string} status
 * @param {Json} response
 * @param {Schemas} schemas
 */
function answer(status, response, schemas) {
  const headers = Object.entries(response.headers ?? {});
  const types = Object.entries(response.content ?? {});
  const isFailure = "application/problem+json" in (response.content ?? {});
  const title = [h("span", { class: "status", "data-failed": status >= "400" }, status), h("span", {}, ...words(response.description))];
  const more = [
    headers.length > 0 && h("ul", { class: "headers" }, ...headers.map(([name, header]) =>
      h("li", {}, h("code", {}, name), " ", h("span", { class: "kind" }, ...words(header.description))))),
    ...types.flatMap(([, media]) => content(media, schemas, !isFailure)),
  ];
  // Every failure has the same form, and is opened by those who wonder.
  if (isFailure) return h("details", { class: "answer" }, h("summary", {}, ...title), ...more);
  const media = types.length > 0 && h("p", { class: "kind" }, types.map(([type]) => type).join(", "));
  return h("div", { class: "answer" }, h("p", {}, ...title), media, ...more);
}

/**
 * The members of a body, and examples, which are open where there is nothing else.
 * @param {Json} media
 * @param {Schemas} schemas
 * @param {boolean} withMembers
 */
function content(media, schemas, withMembers) {
  const examples = media.examples
    ? Object.entries(media.examples).map(([name, example]) => [name.replaceAll("_", " "), example.value])
    : media.example === undefined ? [] : [["", media.example]];
  const members = withMembers && media.schema && schemas.members(media.schema);
  return [
    members && h("details", {}, h("summary", {}, "Members"), members),
    ...examples.map(([name, value]) => withMembers
      ? h("details", {}, h("summary", {}, name ? `Example: ${name}` : "Example"), code(value))
      : code(value)),
  ];
}

/** @param {unknown} value */
function code(value) {
  return h("pre", { tabindex: "0" }, h("code", {}, typeof value === "string" ? value : JSON.stringify(value, null, 2)));
}
