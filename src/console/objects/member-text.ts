// A member of an object as the text of a form's field, and back; what the value may be, the API judges.

import type { Member } from '../../objects/definition.ts';
import { canonicalJson } from '../../token/canonical-json.ts';
import { isJsonObject } from '../../token/json.ts';
import type { JsonObject, JsonValue } from '../../token/json.ts';
import { MAX_JSON_DEPTH } from '../../token/limits.ts';
import { parseStrictJson } from '../../token/strict-json.ts';
import { ok, refuse } from '../../exchange/result.ts';
import type { Result } from '../../exchange/result.ts';

/** How a member is written in a form. */
export type Writing = 'line' | 'lines' | 'list' | 'map' | 'json' | 'number' | 'time' | 'choice' | 'flag' | 'reference';

const LONG_TEXTS: ReadonlySet<string> = new Set(['description', 'expression', 'note']);

/** How this member is written. */
export function writingOf(name: string, { is }: Member): Writing {
  switch (is.kind) {
    case 'text':
      return LONG_TEXTS.has(name) ? 'lines' : 'line';
    case 'oneOf':
      return 'choice';
    case 'number':
      return 'number';
    case 'flag':
      return 'flag';
    case 'timestamp':
      return 'time';
    case 'identifier':
      return 'reference';
    case 'map':
      return 'map';
    case 'list':
      return is.of.kind === 'text' || is.of.kind === 'oneOf' ? 'list' : 'json';
    case 'json':
    case 'shape':
    case 'nullable':
    case 'oneOrMany':
    case 'nested':
    case 'nothing':
      return 'json';
  }
}

/** The text of a value as the API answers it. */
export function textOf(writing: Writing, value: JsonValue | undefined): string {
  if (value === undefined || value === null) return '';
  if (writing === 'list' && Array.isArray(value)) return value.map(String).join('\n');
  if (writing === 'map' && isJsonObject(value)) {
    return Object.entries(value)
      .map(([key, text]) => `${key}=${typeof text === 'string' ? text : canonicalJson(text)}`)
      .join('\n');
  }
  if (typeof value === 'object') return JSON.stringify(value, null, 2);
  return String(value);
}

/** The value of a text; undefined if the field was left empty, with which a new object gets the default. */
export function valueOf(writing: Writing, text: string): Result<JsonValue | undefined, string> {
  const given = text.replaceAll('\r\n', '\n');
  if (writing === 'lines') return ok(given === '' ? undefined : given);
  if (given.trim() === '') return ok(undefined);
  switch (writing) {
    case 'list':
      return ok(linesOf(given));
    case 'map':
      return mapOf(given);
    case 'json':
      return jsonOf(given);
    case 'number':
      return /^\d+$/.test(given.trim()) ? ok(Number(given)) : refuse('must be a whole number');
    case 'flag':
      return ok(given === 'true');
    case 'time':
      // What a browser's own field for a time leaves out.
      return ok(/^\d{4}-\d\d-\d\dT\d\d:\d\d$/.test(given.trim()) ? `${given.trim()}:00Z` : given.trim());
    case 'line':
    case 'choice':
    case 'reference':
      return ok(given.trim());
  }
}

/** What an emptied field means in a change: the member's own way to have no value; undefined if it has none. */
export function emptied({ is, null: meaning, emptyIsNull }: Member): JsonValue | undefined {
  if (meaning === 'clears' || emptyIsNull === true) return null;
  if (is.kind === 'list') return [];
  if (is.kind === 'map') return {};
  return is.kind === 'text' && (is.min ?? 0) === 0 ? '' : undefined;
}

function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

function mapOf(text: string): Result<JsonObject, string> {
  const entries: [string, string][] = [];
  for (const line of linesOf(text)) {
    const at = line.indexOf('=');
    if (at < 1) return refuse(`needs key=value on each line, not ${JSON.stringify(line)}`);
    const key = line.slice(0, at).trim();
    if (entries.some(([other]) => other === key)) return refuse(`has the key ${JSON.stringify(key)} twice`);
    entries.push([key, line.slice(at + 1).trim()]);
  }
  return ok(Object.fromEntries(entries));
}

/** As strict as the API with a body: nothing that was typed twice is lost without a word. */
function jsonOf(text: string): Result<JsonValue, string> {
  const parsed = parseStrictJson(text, { maxDepth: MAX_JSON_DEPTH, largeNumbers: 'refused' });
  return parsed.ok ? parsed : refuse(`must be JSON, but ${parsed.error}`);
}
