// Reads objects whose member names are written with escapes, without the engine's own object parser.

import type { JsonObject, JsonValue } from './json.ts';

/** The index after the closing quote of the string that starts at `start`; -1 if it never closes. */
export function endOfString(text: string, start: number): number {
  for (let quote = text.indexOf('"', start + 1); quote !== -1; quote = text.indexOf('"', quote + 1)) {
    let backslashes = 0;
    while (text[quote - 1 - backslashes] === '\\') backslashes += 1;
    if (backslashes % 2 === 0) return quote + 1;
  }
  return -1;
}

/** Reads JSON whose names others chose, as JSON.parse should: what this service stored, or only shows. Throws if it is not valid. */
export function readJson(text: string): JsonValue {
  const value = JSON.parse(text) as JsonValue;
  return text.includes('\\') ? readValidJson(text) : value;
}

/**
 * Reads a text that JSON.parse accepts and whose nesting is bounded. V8 (13 and 14 at least, nodejs/node#63785) reads an escaped
 * name wrongly after an object of the same shape whose name is the start of its spelling: `{"a":1,"\u0073ub":2}` after
 * `{"a":1,"\\u0":2}`. So whoever sends the one first would decide how the other is read; single strings are read rightly.
 */
export function readValidJson(text: string): JsonValue {
  let at = 0;

  function skipTo(): string {
    while (' \t\n\r'.includes(text[at] ?? 'end')) at += 1;
    return text[at] ?? '';
  }

  function value(): JsonValue {
    const char = skipTo();
    if (char === '{') return object();
    if (char === '[') return array();
    const end = char === '"' ? endOfString(text, at) : endOfWord(text, at);
    return scalar(end);
  }

  function scalar(end: number): string | number | boolean | null {
    const read = JSON.parse(text.slice(at, end)) as string | number | boolean | null;
    at = end;
    return read;
  }

  function array(): JsonValue {
    const elements: JsonValue[] = [];
    do {
      at += 1;
      if (skipTo() !== ']') elements.push(value());
    } while (skipTo() === ',');
    at += 1;
    return elements;
  }

  function object(): JsonObject {
    const members: [string, JsonValue][] = [];
    do {
      at += 1;
      if (skipTo() === '}') break;
      const name = String(scalar(endOfString(text, at)));
      skipTo();
      at += 1;
      members.push([name, value()]);
    } while (skipTo() === ',');
    at += 1;
    return Object.fromEntries(members);
  }

  return value();
}

/** The index after a number, `true`, `false` or `null`. */
function endOfWord(text: string, start: number): number {
  let end = start;
  while (end < text.length && !' \t\n\r,]}'.includes(text[end] as string)) end += 1;
  return end;
}
