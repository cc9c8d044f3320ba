/** JSON schemas in words. */

import { h } from "../shared/dom.js";
import { words } from "./docs-text.js";

/** @typedef {Record<string, any>} Schema */

/** How deep members are shown within members. */
const DEEPEST = 4;

/** The schemas of a document. */
export class Schemas {
  #all;

  /** @param {Record<string, Schema>} all */
  constructor(all) {
    this.#all = all;
  }

  /**
   * What a value is, in a line.
   * @param {Schema} schema
   * @returns {string}
   */
  kind(schema) {
    if (schema.$ref) {
      const name = nameOf(schema);
      const target = this.#all[name];
      return target.type === "object" || target.oneOf ? name : this.kind(target);
    }
    const either = schema.oneOf ?? schema.anyOf;
    if (either && !schema.properties) return either.map((/** @type {Schema} */ one) => this.kind(one)).join(" or ");
    if (schema.enum) return schema.enum.map((/** @type {unknown} */ it) => JSON.stringify(it)).join(", ");
    if ("const" in schema) return JSON.stringify(schema.const);
    const types = [schema.type ?? "any"].flat();
    const named = types.map((type) => type === "array" ? `array of ${this.kind(schema.items ?? {})}` : type).join(" or ");
    return [named, ...limits(schema)].join(", ");
  }

  /**
   * The members of an object, or of the objects in an array, as a list.
   * @param {Schema} schema
   * @param {number} [depth]
   * @returns {HTMLElement | null}
   */
  members(schema, depth = 0) {
    const object = this.#object(schema);
    if (!object || depth === DEEPEST) return null;
    const required = new Set(object.required ?? []);
    const entries = Object.entries(object.properties ?? {}).map(([name, member]) =>
      this.#member(name, member, required.has(name), depth));
    if (object.additionalProperties?.$ref) entries.push(this.#member("…", object.additionalProperties, false, depth));
    return entries.length > 0 ? h("ul", { class: "fields" }, ...entries) : null;
  }

  /**
   * @param {string} name
   * @param {Schema} schema
   * @param {boolean} isRequired
   * @param {number} depth
   */
  #member(name, schema, isRequired, depth) {
    const text = schema.description ?? (schema.$ref && this.#all[nameOf(schema)].description);
    return h("li", {}, h("code", {}, name), " ", h("span", { class: "kind" }, this.kind(schema)), " ",
      isRequired && h("span", { class: "must" }, "required"),
      text && h("p", {}, ...words(text)),
      this.members(schema, depth + 1));
  }

  /**
   * The object that a schema is about, if it is about one.
   * @param {Schema} schema
   * @returns {Schema | undefined}
   */
  #object(schema) {
    if (schema.$ref) return this.#object(this.#all[nameOf(schema)]);
    if (schema.properties || schema.additionalProperties?.$ref) return schema;
    if (schema.items) return this.#object(schema.items);
    const parts = schema.allOf ?? schema.oneOf ?? schema.anyOf ?? [];
    const objects = parts.map((/** @type {Schema} */ part) => this.#object(part)).filter(Boolean);
    if (objects.length === 0) return undefined;
    const required = schema.allOf ? objects.flatMap((/** @type {Schema} */ it) => it.required ?? []) : [];
    return { required, properties: Object.assign({}, ...objects.reverse().map((/** @type {Schema} */ it) => it.properties ?? {})) };
  }
}

/** @param {Schema} schema */
function nameOf(schema) {
  return schema.$ref.split("/").at(-1);
}

/** @param {Schema} schema */
function limits(schema) {
  return [
    schema.format && schema.format !== "int32" && schema.format !== "int64" && schema.format !== "double" && schema.format,
    schema.pattern && schema.pattern,
    schema.minItems && `${schema.minItems.toLocaleString()} at least`,
    schema.maxItems && `${schema.maxItems.toLocaleString()} at most`,
    schema.minimum > 0 && `from ${schema.minimum}`,
    schema.maximum < Number.MAX_SAFE_INTEGER && `up to ${schema.maximum.toLocaleString()}`,
    "default" in schema && `${JSON.stringify(schema.default)} unless said`,
  ].filter(Boolean);
}
