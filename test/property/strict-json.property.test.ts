// Strict JSON accepts exactly what the grammar and its own promises allow, and reads it as JSON.parse does (RFC 8259 §4).

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { JsonValue } from '../../src/token/json.ts';
import { parseStrictJson } from '../../src/token/strict-json.ts';
import { holds } from '../support/runs.ts';
import { damagedJsonText, jsonText, spelled, white } from './json-text.ts';
import { naiveJson } from './naive-json.ts';

/** Small, so that generated texts reach it. */
const MAX_DEPTH = 4;

/** Undefined where it is refused. */
function strict(source: string | Uint8Array, maxDepth: number = MAX_DEPTH): { readonly value: JsonValue } | undefined {
  const parsed = parseStrictJson(source, { maxDepth });
  return parsed.ok ? { value: parsed.value } : undefined;
}

describe('parseStrictJson', () => {
  it('accepts and reads any JSON text as the grammar says (RFC 8259)', async () => {
    const seen = { accepted: 0, refused: 0 };
    await holds(
      fc.property(jsonText, (text) => {
        const expected = naiveJson(text, MAX_DEPTH);
        seen[expected === undefined ? 'refused' : 'accepted'] += 1;
        expect(strict(text)).toStrictEqual(expected);
      }),
      { usually: 1_000 },
    );
    expect(Math.min(seen.accepted, seen.refused)).toBeGreaterThan(50);
  });

  it('accepts and reads a damaged text as the grammar says, and never more than JSON.parse (RFC 8259)', async () => {
    await holds(
      fc.property(damagedJsonText, (text) => {
        const read = strict(text);
        expect(read).toStrictEqual(naiveJson(text, MAX_DEPTH));
        if (read !== undefined) expect(() => JSON.parse(text) as unknown).not.toThrow();
      }),
      { usually: 1_000 },
    );
  });

  it('reads what it accepts as JSON.parse does, wherever no number had to stay text (RFC 8259 §6)', async () => {
    await holds(
      fc.property(jsonText, (text) => {
        const read = strict(text);
        // V8 misreads escaped names once it has seen others (nodejs/node#63785); the grammar above has the last word there.
        if (read === undefined || /\d{16}|[eE]|\\/.test(text)) return;
        expect(read.value).toStrictEqual(JSON.parse(text));
      }),
      { usually: 1_000 },
    );
  });

  it('refuses a repeated member at any depth and in any spelling (RFC 8259 §4, RFC 7519 §4)', async () => {
    const wrap = fc.constantFrom<(inner: string) => string>(
      (inner) => `[${inner}]`,
      (inner) => `{"x":${inner}}`,
      (inner) => `[0,"{",${inner},[]]`,
      (inner) => `{"":{},"x":${inner},"y":"}"}`,
    );
    const name = fc.oneof(
      fc.constantFrom('sub', 'aud', '', '__proto__', '"', '\\', '😀', '\u2028'),
      fc.string({ unit: 'grapheme', maxLength: 4 }),
    );
    const repeated = name.chain((text) => fc.tuple(spelled(text), spelled(text), spelled(`${text}'`)));
    const between = fc.constantFrom('', '"between":1,', '"between":{"l":[1,{}]},', '"between":"\\"sub\\":1",');
    await holds(
      fc.property(
        fc.array(wrap, { maxLength: 3 }),
        repeated,
        between,
        white,
        white,
        (wraps, spellings, other, a, b) => {
          const [first, second, another] = spellings;
          const within = (inner: string): string => wraps.reduce((text, around) => around(text), inner);
          expect(strict(within(`{${a}${first}${b}:1,${other}${b}${second}${a}:1}`), 32)).toBeUndefined();
          expect(strict(within(`{${a}${first}${b}:1,${other}${b}${another}${a}:1}`), 32)).toBeDefined();
        },
      ),
    );
  });

  it('reads bytes as their text, and refuses those that are not the UTF-8 of any (RFC 8259 §8.1)', async () => {
    const change = fc.tuple(fc.nat(300), fc.nat(255));
    await holds(
      fc.property(fc.oneof(jsonText, damagedJsonText), fc.array(change, { maxLength: 2 }), (text, changes) => {
        const bytes = new TextEncoder().encode(text);
        for (const [at, byte] of changes) if (bytes.length > 0) bytes[at % bytes.length] = byte;
        // Whatever is not UTF-8 is decoded with replacement characters, and so encodes to other bytes.
        const decoded = Buffer.from(bytes).toString('utf8');
        const isUtf8 = Buffer.from(decoded, 'utf8').equals(bytes);
        expect(strict(bytes)).toStrictEqual(isUtf8 ? naiveJson(decoded, MAX_DEPTH) : undefined);
      }),
      { usually: 1_000 },
    );
  });

  it('reads an escaped name rightly after an object of the same shape whose name is the start of its spelling', () => {
    for (const [first, second, name] of [
      ['{"iss":1,"https:\\\\/":1}', '{"iss":1,"https:\\/\\/":1}', 'https://'],
      ['{"iss":1,"s\\\\u":1}', '{"iss":1,"s\\u0075b":1}', 'sub'],
      ['{"iss":1,"\\\\":1}', '{"iss":1,"\\u0061":1}', 'a'],
      ['{"iss":1,"\\\\":1}', '{"iss":1,"\\"":9007199254740993}', '"'],
    ] as const) {
      expect(strict(first)).toBeDefined();
      expect(Object.keys((strict(second)?.value ?? {}) as object)).toEqual(['iss', name]);
    }
  });

  it('reads a text that only JSON.stringify would write so as it reads the same text after white space (RFC 8259 §2)', async () => {
    const written = fc.oneof(
      fc.jsonValue({ maxDepth: 5 }),
      fc.constantFrom(
        2 ** 53 - 1,
        2 ** 53,
        -(2 ** 53),
        1e21,
        1e-7,
        { a: [{ b: [1e300] }] },
        { __proto__: null, toJSON: 1 },
      ),
    );
    await holds(
      fc.property(
        fc.oneof(
          written.map((value) => JSON.stringify(value)),
          jsonText,
          damagedJsonText,
        ),
        (text) => {
          fc.pre(!text.startsWith('\uFEFF'));
          expect(strict(text)).toStrictEqual(strict(` ${text}`));
        },
      ),
      { usually: 1_000 },
    );
  });

  it('reads whatever JSON.stringify writes (RFC 8259)', async () => {
    await holds(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const text = JSON.stringify(value);
        // Numbers that JSON.parse would round are kept as text on purpose.
        if (/\d{16}|e\+/.test(text)) return;
        const parsed = parseStrictJson(text, { maxDepth: 32 });
        expect(parsed.ok ? JSON.stringify(parsed.value) : parsed.error).toBe(text);
      }),
    );
  });
});
