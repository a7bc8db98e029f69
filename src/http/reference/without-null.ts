// Takes null out of the schema of a body whose members null leaves out.

import { isJsonObject } from '../../token/json.ts';
import type { JsonObject, JsonValue } from '../../token/json.ts';

/** The schema without null: code that is generated of it needs no word for null. */
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
