// Turns the API's schemas into JSON Schema 2020-12, which is what OpenAPI 3.1 uses; describes, validates nothing.

import * as z from 'zod/mini';

import { isJsonObject } from '../../token/json.ts';
import type { JsonObject, JsonValue } from '../../token/json.ts';

/** The JSON Schema of what a caller writes or reads. */
export function jsonSchema(schema: z.ZodMiniType): JsonObject {
  const { $schema: _dialect, ...converted } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return tidy(converted as JsonObject);
}

/** The schema of a body whose members null leaves out: code that is generated of it needs no word for null. */
export function withoutNull(schema: JsonObject): JsonObject {
  const { properties } = schema;
  if (!isJsonObject(properties)) return schema;
  const members = Object.entries(properties).map(([name, member]) => [name, orNothing(member)] as const);
  return { ...schema, properties: Object.fromEntries(members) };
}

function orNothing(member: JsonValue): JsonValue {
  if (!isJsonObject(member) || !Array.isArray(member['anyOf'])) return member;
  const { anyOf, ...rest } = member;
  const others = (anyOf as JsonValue[]).filter((one) => !isJsonObject(one) || one['type'] !== 'null');
  const [only, ...more] = others;
  return more.length === 0 && isJsonObject(only) ? { ...only, ...rest } : { ...rest, anyOf: others };
}

/** Leaves out what says nothing to a reader: bounds of every number, keys that may be any string, patterns beside a format. */
function tidy(written: JsonObject): JsonObject {
  const schema = withOneType(written);
  const entries: [string, JsonValue][] = [];
  for (const [name, value] of Object.entries(schema)) {
    if (name === 'pattern' && schema['format'] !== undefined) continue;
    if (name === 'minLength' && value === 0) continue;
    if (name === 'propertyNames') continue;
    if ((name === 'minimum' || name === 'maximum') && Math.abs(Number(value)) === Number.MAX_SAFE_INTEGER) continue;
    entries.push([name, tidyValue(name, value)]);
  }
  return Object.fromEntries(entries);
}

/** Several generators of code know no list of types: what may be null is one of two schemas. */
function withOneType(schema: JsonObject): JsonObject {
  const { type, description, ...rest } = schema;
  if (!Array.isArray(type)) return schema;
  const types = type.map((one): JsonObject => (one === 'null' ? { type: 'null' } : { ...rest, type: one }));
  return { ...(description === undefined ? {} : { description }), anyOf: types };
}

function tidyValue(name: string, value: JsonValue): JsonValue {
  if (name === 'properties' && isJsonObject(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([member, schema]) => [member, timed(member, tidyValue('', schema))]),
    );
  }
  if (name === 'enum' || name === 'required' || name === 'example' || name === 'examples') return value;
  if (Array.isArray(value)) return value.map((item: JsonValue) => tidyValue('', item));
  return isJsonObject(value) ? tidy(value) : value;
}

/** Every member whose name ends in `At` is an instant. */
function timed(member: string, schema: JsonValue): JsonValue {
  if (!member.endsWith('At') || !isJsonObject(schema)) return schema;
  if (schema['type'] === 'string') return { ...schema, format: 'date-time' };
  const { anyOf } = schema;
  return Array.isArray(anyOf) ? { ...schema, anyOf: anyOf.map((one: JsonValue) => timed(member, one)) } : schema;
}
