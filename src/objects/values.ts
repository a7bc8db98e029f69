// Identifiers and times, as every object has them: TypeIDs, and RFC 3339 against epoch seconds.

import type { IdPrefix } from './rule.ts';

/** A TypeID with this prefix. */
export function typeId(prefix: IdPrefix): RegExp {
  return new RegExp(`^${prefix}_[0-7][0-9a-hjkmnp-tv-z]{25}$`);
}

/** Tells whether a text is a TypeID with this prefix. */
export function isIdentifier(prefix: IdPrefix, value: string): boolean {
  return typeId(prefix).test(value);
}

/** The epoch seconds of an RFC 3339 time, fractions dropped; null if it is none (also 30 February). */
export function parseTimestamp(value: string): number | null {
  const parts = /^(\d{4}-\d{2}-(\d{2}))[Tt]\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:[Zz]|[+-]\d{2}:\d{2})$/.exec(value);
  if (parts === null) return null;
  const [, date = '', day = ''] = parts;
  const midnight = new Date(`${date}T00:00:00Z`);
  // Date accepts days that a month does not have, and moves on to the next.
  if (Number.isNaN(midnight.getTime()) || midnight.getUTCDate() !== Number(day)) return null;
  const seconds = Math.floor(Date.parse(value.toUpperCase()) / 1000);
  return Number.isNaN(seconds) ? null : seconds;
}

/** Epoch seconds as RFC 3339 in UTC. */
export function formatTimestamp(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}
