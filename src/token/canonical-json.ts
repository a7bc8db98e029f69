// JSON as a text that can be compared: equal values are equal texts.

import { isJsonObject } from './json.ts';

/** JSON with the members of every object in order. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) =>
    isJsonObject(member) ? Object.fromEntries(Object.entries(member).toSorted(([a], [b]) => (a < b ? -1 : 1))) : member,
  );
}
