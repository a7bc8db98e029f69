// Reads the parameters of a token request, form or JSON, into one shape (RFC 6749 §3.2); knows names and repetition, no meaning.

import { isJsonObject } from '../token/json.ts';
import type { JsonValue } from '../token/json.ts';
import { MAX_JSON_DEPTH } from '../token/limits.ts';
import { ok, refuse } from '../exchange/result.ts';
import type { Result } from '../exchange/result.ts';
import { MAX_QUOTED_CHARS } from './limits.ts';
import { decodeUtf8, parseStrictJson } from '../token/strict-json.ts';

/** Parameter values by name; absent and empty are the same (RFC 6749 §3.1). */
export interface TokenParameters {
  readonly get: (name: string) => string | null;
  readonly all: (name: 'audience' | 'resource') => readonly string[];
}

/** RFC 8693 §2.1 lets these two repeat; every other parameter may appear once. */
const REPEATABLE: ReadonlySet<string> = new Set(['audience', 'resource']);

/** Credentials never belong into a query string, where proxies and logs keep them (RFC 6749 §2.3.1). */
const CREDENTIAL_NAMES: readonly string[] = [
  'subject_token',
  'actor_token',
  'assertion',
  'client_assertion',
  'client_secret',
  'jwt',
  'token',
  'access_token',
  'refresh_token',
  'password',
];

/** The name of a credential in the query string, if there is one. */
export function credentialInQuery(url: string): string | null {
  const query = url.indexOf('?');
  if (query === -1) return null;
  const names = new URLSearchParams(url.slice(query + 1));
  return CREDENTIAL_NAMES.find((name) => names.has(name)) ?? null;
}

export type ParameterEncoding = 'form' | 'json';

/** Which of the two encodings a content type names; null for any other. */
export function encodingOf(contentType: string | null): ParameterEncoding | null {
  const [type = '', ...options] = (contentType ?? '')
    .toLowerCase()
    .split(';')
    .map((part) => part.trim());
  const charsets = options
    .filter((option) => option.startsWith('charset='))
    .map((option) => option.slice('charset='.length).replaceAll('"', ''));
  if (charsets.some((charset) => charset !== 'utf-8' && charset !== 'utf8')) return null;
  if (type === 'application/x-www-form-urlencoded') return 'form';
  return type === 'application/json' ? 'json' : null;
}

/** Parses the body; the refusal is a sentence for the caller. */
export function parseTokenParameters(bytes: Uint8Array, encoding: ParameterEncoding): Result<TokenParameters, string> {
  return encoding === 'form' ? parseForm(bytes) : parseJson(bytes);
}

function parseForm(bytes: Uint8Array): Result<TokenParameters, string> {
  const text = decodeUtf8(bytes);
  if (text === null) return refuse('the body is not UTF-8');
  const values = new Map<string, string[]>();
  for (const pair of text.split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const name = decodeComponent(equals === -1 ? pair : pair.slice(0, equals));
    const value = equals === -1 ? '' : decodeComponent(pair.slice(equals + 1));
    if (name === null || value === null)
      return refuse('a percent sign in the body is not followed by two hexadecimal digits of UTF-8');
    const known = values.get(name);
    if (known === undefined) values.set(name, [value]);
    else if (REPEATABLE.has(name)) known.push(value);
    else return refuse(`the parameter ${name.slice(0, MAX_QUOTED_CHARS)} is repeated`);
  }
  return ok(parametersOf(values));
}

/** Decodes a value; null if parsers differ about it (RFC 6749 appendix B): a bare percent sign, or bytes that are not UTF-8. */
function decodeComponent(encoded: string): string | null {
  const spaced = encoded.replaceAll('+', ' ');
  // Most values are tokens, which have nothing to decode.
  if (!spaced.includes('%')) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    return null;
  }
}

function parseJson(bytes: Uint8Array): Result<TokenParameters, string> {
  const parsed = parseStrictJson(bytes, { maxDepth: MAX_JSON_DEPTH, largeNumbers: 'refused' });
  if (!parsed.ok) return refuse(`the body is not acceptable JSON: ${parsed.error}`);
  if (!isJsonObject(parsed.value)) return refuse('the body must be a JSON object');
  const values = new Map<string, string[]>();
  for (const [name, value] of Object.entries(parsed.value)) {
    const strings = stringsOf(name, value);
    if (strings === null) return refuse(`the parameter ${name.slice(0, MAX_QUOTED_CHARS)} must be a string`);
    values.set(name, strings);
  }
  return ok(parametersOf(values));
}

/** In JSON, `audience` and `resource` may be arrays and the lifetime a number; nothing else is converted. */
function stringsOf(name: string, value: JsonValue): string[] | null {
  if (typeof value === 'string') return [value];
  if (REPEATABLE.has(name) && Array.isArray(value) && value.every((element) => typeof element === 'string'))
    return [...value];
  return name === 'access_token_lifetime' && Number.isSafeInteger(value) ? [String(value)] : null;
}

function parametersOf(values: ReadonlyMap<string, readonly string[]>): TokenParameters {
  const all = (name: string): readonly string[] => (values.get(name) ?? []).filter((value) => value !== '');
  return { all, get: (name) => all(name)[0] ?? null };
}
