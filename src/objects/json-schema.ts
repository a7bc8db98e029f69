// The parts that JSON Schemas (2020-12, as OpenAPI 3.1 uses it) are written with; they describe what is answered and judge nothing.

import type { JsonObject } from '../token/json.ts';

export const string: JsonObject = { type: 'string' };
export const boolean: JsonObject = { type: 'boolean' };
export const integer: JsonObject = { type: 'integer' };
export const dateTime: JsonObject = { type: 'string', format: 'date-time' };
export const anything: JsonObject = {};
/** An object with any members. */
export const anyObject: JsonObject = { type: 'object', additionalProperties: {} };

/** An object whose members are all there, but for those that are `optional`. */
export function object(properties: Readonly<Record<string, JsonObject>>, optional: readonly string[] = []): JsonObject {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: 'object', properties, ...(required.length === 0 ? {} : { required }) };
}

/** The object with further members, which are all there. */
export function extended(schema: JsonObject, more: Readonly<Record<string, JsonObject>>): JsonObject {
  const { properties, required } = schema;
  return {
    ...schema,
    properties: { ...(properties as JsonObject), ...more },
    required: [...(required as readonly string[]), ...Object.keys(more)],
  };
}

/** A list of such values. */
export function arrayOf(items: JsonObject): JsonObject {
  return { type: 'array', items };
}

/** One of these texts. */
export function oneOfTexts(values: readonly string[]): JsonObject {
  return { type: 'string', enum: values };
}

/** The value or null; two schemas, since several generators of code know no list of types. */
export function orNull(schema: JsonObject): JsonObject {
  return { anyOf: [schema, { type: 'null' }] };
}

/** The schema with the sentence that the reference shows. */
export function described(schema: JsonObject, description: string | undefined): JsonObject {
  return description === undefined ? schema : { ...schema, description };
}
