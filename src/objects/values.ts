// Schemas of the values that several objects share: names, maps, identifiers, times; each says in words what it allows.

import * as z from 'zod';

import {
  MAX_ANNOTATION_VALUE_CHARS,
  MAX_DESCRIPTION_CHARS,
  MAX_LABEL_VALUE_CHARS,
  MAX_MAP_ENTRIES,
  MAX_MAP_KEY_CHARS,
  MAX_NAME_CHARS,
  MAX_SLUG_CHARS,
} from './limits.ts';

export type StringMap = { readonly [key: string]: string };
export type IdPrefix = 'org' | 'idp' | 'sa' | 'fid' | 'role' | 'bind' | 'rule' | 'cred' | 'evt';

/** Control characters, line and paragraph separators, and the marks that reorder text on a screen or in a log. */
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u;
const UNPRINTABLE_BUT_LINES = /(?![\n\t])[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u;
const NO_CONTROL = 'must not contain control characters or text direction marks';

/** A string of a length, measured in UTF-16 code units. */
export function text(min: number, max: number): z.ZodString {
  return z
    .string('must be a string')
    .min(min, min === 1 ? 'must not be empty' : `must have at least ${min} characters`)
    .max(max, `must have at most ${max} characters`);
}

/** A string on one line, without anything that changes how the line around it reads. */
export function line(min: number, max: number): z.ZodString {
  return text(min, max).refine((value) => !UNPRINTABLE.test(value), NO_CONTROL);
}

export const objectName: z.ZodString = line(1, MAX_NAME_CHARS).refine(
  (value) => value === value.trim(),
  'must not start or end with white space',
);

export const description: z.ZodString = text(0, MAX_DESCRIPTION_CHARS).refine(
  (value) => !UNPRINTABLE_BUT_LINES.test(value),
  `${NO_CONTROL}, except line breaks and tabs`,
);

export const labels: z.ZodType<StringMap> = stringMap(line(0, MAX_LABEL_VALUE_CHARS));
export const annotations: z.ZodType<StringMap> = stringMap(text(0, MAX_ANNOTATION_VALUE_CHARS));

export const slug: z.ZodString = text(1, MAX_SLUG_CHARS).regex(
  /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/,
  'must consist of a-z, 0-9 and hyphens, and start and end with a letter or digit',
);

/** A slug made from a name; empty where the name has no letter or digit that a slug could have. */
export function slugOf(name: string): string {
  return name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, MAX_SLUG_CHARS)
    .replace(/^-|-$/g, '');
}

/** An identifier of one kind of object: a TypeID with its prefix. */
export function identifier(prefix: IdPrefix): z.ZodString {
  return z.string('must be a string').regex(typeId(prefix), `must be an identifier that starts with ${prefix}_`);
}

/** Tells whether a text is a TypeID with this prefix. */
export function isIdentifier(prefix: IdPrefix, value: string): boolean {
  return typeId(prefix).test(value);
}

/** One of the values, named in the error. */
export function oneOf<const T extends string>(values: readonly T[]): z.ZodType<T> {
  return z.enum(values, `must be one of ${values.join(', ')}`);
}

/** A whole number between two others. */
export function wholeNumber(min: number, max: number): z.ZodNumber {
  const range = `must be a whole number from ${min} to ${max}`;
  return z.number(range).int(range).min(min, range).max(max, range);
}

/** A list of at most `max` values. */
export function list<T>(item: z.ZodType<T>, max: number): z.ZodType<readonly T[]> {
  return z.array(item, 'must be a list').max(max, `must have at most ${max} entries`);
}

/** An instant in RFC 3339, with an offset. */
export const timestamp: z.ZodString = z
  .string('must be a string')
  .refine((value) => parseTimestamp(value) !== null, 'must be a time as in RFC 3339, such as 2027-01-31T12:00:00Z');

/** The epoch seconds of an RFC 3339 time, fractions dropped; null where it is none (also 30 February). */
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

function typeId(prefix: IdPrefix): RegExp {
  return new RegExp(`^${prefix}_[0-7][0-9a-hjkmnp-tv-z]{25}$`);
}

function stringMap(value: z.ZodType<string>): z.ZodType<StringMap> {
  const key = line(1, MAX_MAP_KEY_CHARS);
  return z.record(z.string(), value, 'must be a map of strings to strings').superRefine((map, context) => {
    const keys = Object.keys(map);
    if (keys.length > MAX_MAP_ENTRIES) {
      context.addIssue({ code: 'custom', message: `must have at most ${MAX_MAP_ENTRIES} entries` });
    }
    for (const name of keys) {
      const parsed = key.safeParse(name);
      const fault = parsed.error?.issues[0]?.message;
      if (fault !== undefined) context.addIssue({ code: 'custom', path: [name], message: `the key ${fault}` });
    }
  });
}
