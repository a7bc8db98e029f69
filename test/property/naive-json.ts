// A JSON reader straight from the grammar of RFC 8259, recursive and slow, that refuses what strict JSON promises to refuse.

import type { JsonValue } from '../../src/token/json.ts';

/** Why a text is refused; thrown, so that the grammar reads like the RFC's. */
class Refused extends Error {}

/** The value of a JSON text, numbers beyond ±(2^53-1) as they were written, or refused; undefined where it is refused. */
export function naiveJson(
  text: string,
  maxDepth: number,
  refuseRounded: boolean = false,
): { readonly value: JsonValue } | undefined {
  let at = 0;
  const white = (): void => {
    while (' \t\n\r'.includes(text[at] ?? 'x')) at += 1;
  };
  const take = (expected: string): void => {
    if (!text.startsWith(expected, at)) throw new Refused();
    at += expected.length;
  };
  const takes = (expected: string): boolean => {
    if (!text.startsWith(expected, at)) return false;
    at += expected.length;
    return true;
  };

  function string(): string {
    take('"');
    let value = '';
    while (!takes('"')) {
      const char = text[at] ?? '';
      if (char === '' || char < ' ') throw new Refused();
      at += 1;
      value += char === '\\' ? escaped() : char;
    }
    if (/\p{Surrogate}/u.test(value)) throw new Refused();
    return value;
  }

  function escaped(): string {
    const char = text[at] ?? '';
    at += 1;
    const simple = '"\\/bfnrt'.indexOf(char);
    if (char !== '' && simple !== -1) return '"\\/\b\f\n\r\t'[simple] ?? '';
    const hex = text.slice(at, at + 4);
    if (char !== 'u' || !/^[\da-fA-F]{4}$/.test(hex)) throw new Refused();
    at += 4;
    return String.fromCharCode(Number.parseInt(hex, 16));
  }

  function number(): JsonValue {
    const [written] = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/.exec(text.slice(at)) ?? [];
    if (written === undefined) throw new Refused();
    at += written.length;
    const value = Number(written);
    if (Math.abs(value) === Infinity && /[.eE]/.test(written)) throw new Refused();
    if (Math.abs(value) <= Number.MAX_SAFE_INTEGER) return value;
    if (refuseRounded) throw new Refused();
    return written;
  }

  function value(depth: number): JsonValue {
    white();
    const char = text[at];
    if ((char === '{' || char === '[') && depth === maxDepth) throw new Refused();
    const read = char === '{' ? object(depth) : char === '[' ? array(depth) : scalar(char);
    white();
    return read;
  }

  function scalar(char: string | undefined): JsonValue {
    if (char === '"') return string();
    for (const [word, meaning] of [
      ['true', true],
      ['false', false],
      ['null', null],
    ] as const)
      if (takes(word)) return meaning;
    return number();
  }

  function array(depth: number): JsonValue {
    take('[');
    white();
    if (takes(']')) return [];
    const elements = [value(depth + 1)];
    while (takes(',')) elements.push(value(depth + 1));
    take(']');
    return elements;
  }

  function object(depth: number): JsonValue {
    take('{');
    white();
    const members = new Map<string, JsonValue>();
    if (takes('}')) return {};
    do {
      white();
      const name = string();
      if (members.has(name)) throw new Refused();
      white();
      take(':');
      members.set(name, value(depth + 1));
    } while (takes(','));
    take('}');
    return Object.fromEntries(members);
  }

  try {
    const read = value(0);
    return at === text.length ? { value: read } : undefined;
  } catch (error) {
    if (error instanceof Refused) return undefined;
    throw error;
  }
}
