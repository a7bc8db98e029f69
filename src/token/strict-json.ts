// Parses JSON that others wrote, refusing what two parsers could read differently (RFC 8259 §4, RFC 7519 §4); knows no member's meaning.

import type { JsonValue } from './json.ts';
import { endOfString, readValidJson } from './json-reader.ts';
import { ok, refuse } from '../exchange/result.ts';
import type { Result } from '../exchange/result.ts';

export interface StrictJsonOptions {
  /** Objects and arrays inside each other, at most. */
  readonly maxDepth: number;
  /**
   * What becomes of numbers beyond ±(2^53-1). By default they are kept as the `text` they were written as, since a rounded
   * identifier is another one. As text one would pass for a string, so if identifiers are strings they are `refused`,
   * or left `rounded` for a reader that says which member has one.
   */
  readonly largeNumbers?: 'text' | 'refused' | 'rounded';
  /**
   * The members of the outermost object that the caller reads. If they are given, only these may not be repeated: what nobody
   * reads cannot be read differently.
   */
  readonly readMembers?: readonly string[];
}

const NOT_JSON = 'it is not valid JSON';
/** Fewer characters than this, without an exponent, are always a safe integer or a fraction near one. */
const SAFE_NUMBER_CHARS = 16;

/**
 * Parses UTF-8 bytes or a text. Refuses, in a phrase that can be shown to the sender: a byte-order mark, invalid UTF-8,
 * lone surrogates, repeated members, numbers that are not finite and nesting beyond `maxDepth`.
 */
export function parseStrictJson(source: Uint8Array | string, options: StrictJsonOptions): Result<JsonValue, string> {
  const text = typeof source === 'string' ? source : decodeUtf8(source);
  if (text === null) return refuse('it is not valid UTF-8');
  if (text.startsWith('\uFEFF')) return refuse('it starts with a byte-order mark');
  if (!text.isWellFormed()) return refuse('it contains half a surrogate pair');
  const plain = readPlain(text, options.maxDepth);
  if (plain !== undefined) return ok(plain);
  const scanned = scan(text, options);
  if (!scanned.ok) return scanned;
  try {
    const value = JSON.parse(text) as JsonValue;
    const { escapedNames } = scanned.value;
    const rounded = options.largeNumbers === 'rounded' ? [] : scanned.value.rounded;
    if (rounded.length > 0 && options.largeNumbers === 'refused')
      return refuse('it contains a number that is too large');
    if (rounded.length === 0 && !escapedNames) return ok(value);
    // Read twice only if it has to be. Quoting first would make a number valid in the place of a name.
    const quoted = rounded.length === 0 ? text : withQuoted(text, rounded);
    return ok(escapedNames ? readValidJson(quoted) : (JSON.parse(quoted) as JsonValue));
  } catch {
    return refuse(NOT_JSON);
  }
}

/**
 * The value of a text that is, character for character, what JSON.stringify makes of it, as most issuers write their tokens:
 * nothing in it is repeated, rounded or spelled in another way. Undefined for any other text, whatever may be wrong with it.
 */
function readPlain(text: string, maxDepth: number): JsonValue | undefined {
  if (text.includes('\\')) return undefined;
  try {
    const value = JSON.parse(text) as JsonValue;
    return isWithinBounds(value, maxDepth) && JSON.stringify(value) === text ? value : undefined;
  } catch {
    return undefined;
  }
}

function isWithinBounds(value: JsonValue, maxDepth: number): boolean {
  if (typeof value === 'number') return Math.abs(value) <= Number.MAX_SAFE_INTEGER;
  if (typeof value !== 'object' || value === null) return true;
  return maxDepth > 0 && Object.values(value).every((member) => isWithinBounds(member, maxDepth - 1));
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text that the bytes are in UTF-8, with its byte-order mark if it has one; null if they are no UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    return UTF8.decode(bytes);
  } catch {
    return null;
  }
}

interface Span {
  readonly start: number;
  readonly end: number;
}

interface Scan {
  /** Numbers that JSON.parse would round. */
  readonly rounded: readonly Span[];
  /** A member's name is written with an escape, which the engine may misread. */
  readonly escapedNames: boolean;
}

/** Reads the text once, without recursion. It assumes nothing about validity: JSON.parse decides that afterwards. */
function scan(text: string, { maxDepth, readMembers }: StrictJsonOptions): Result<Scan, string> {
  const rounded: Span[] = [];
  let escapedNames = false;
  /** The names seen in each open object; null for an array. */
  const open: (Set<string> | null)[] = [];
  let names: Set<string> | null = null;
  let nameComesNext = false;
  for (let at = 0; at < text.length;) {
    const char = text[at] as string;
    if (char === '"') {
      const end = endOfString(text, at);
      if (end === -1) return refuse(NOT_JSON);
      const value = stringValue(text, at, end);
      if (value === null) return refuse(NOT_JSON);
      if (!value.isWellFormed()) return refuse('it contains half a surrogate pair');
      if (nameComesNext && names !== null) {
        const isRead = readMembers === undefined || (open.length === 1 && readMembers.includes(value));
        if (isRead && names.has(value)) return refuse(`the member ${JSON.stringify(value.slice(0, 64))} is repeated`);
        names.add(value);
        // An escape is always longer than what it stands for.
        if (end - at - 2 !== value.length) escapedNames = true;
      }
      nameComesNext = false;
      at = end;
      continue;
    }
    if (char === '{' || char === '[') {
      if (open.length >= maxDepth) return refuse(`it is nested more than ${maxDepth} levels deep`);
      names = char === '{' ? new Set() : null;
      open.push(names);
      nameComesNext = char === '{';
    } else if (char === '}' || char === ']') {
      open.pop();
      names = open.at(-1) ?? null;
      nameComesNext = false;
    } else if (char === ',') {
      nameComesNext = names !== null;
    } else if (char === '-' || (char >= '0' && char <= '9')) {
      const end = endOfNumber(text, at);
      const fault =
        end - at < SAFE_NUMBER_CHARS && !hasExponent(text, at, end) ? null : numberFault(text.slice(at, end));
      if (fault === 'infinite') return refuse('it contains a number that is too large');
      if (fault === 'rounded') rounded.push({ start: at, end });
      at = end;
      continue;
    }
    at += 1;
  }
  return ok({ rounded, escapedNames });
}

function stringValue(text: string, start: number, end: number): string | null {
  const raw = text.slice(start + 1, end - 1);
  if (!raw.includes('\\')) return raw;
  try {
    return JSON.parse(text.slice(start, end)) as string;
  } catch {
    return null;
  }
}

function endOfNumber(text: string, start: number): number {
  let end = start + 1;
  while (end < text.length && /[\d.eE+-]/.test(text[end] as string)) end += 1;
  return end;
}

function hasExponent(text: string, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) if (text[at] === 'e' || text[at] === 'E') return true;
  return false;
}

function numberFault(written: string): 'infinite' | 'rounded' | null {
  if (/^-?\d+$/.test(written)) return Number.isSafeInteger(Number(written)) ? null : 'rounded';
  const value = Number(written);
  if (Math.abs(value) === Infinity) return 'infinite';
  return Math.abs(value) > Number.MAX_SAFE_INTEGER ? 'rounded' : null;
}

function withQuoted(text: string, spans: readonly Span[]): string {
  let quoted = '';
  let done = 0;
  for (const { start, end } of spans) {
    quoted += `${text.slice(done, start)}"${text.slice(start, end)}"`;
    done = end;
  }
  return quoted + text.slice(done);
}
