// Strict JSON by example: what is refused where JSON.parse would choose, and what is read.

import { describe, expect, it } from 'vitest';

import { parseStrictJson } from '../../src/token/strict-json.ts';

const options = { maxDepth: 32 };
const bytes = (...values: number[]): Uint8Array => new Uint8Array(values);

describe('parseStrictJson', () => {
  it.each([
    ['a repeated member', '{"sub":"a","sub":"b"}', 'repeated'],
    ['a member repeated deep inside', '{"a":[{"b":{"c":1,"c":1}}]}', 'repeated'],
    ['a member repeated in another spelling', '{"sub":"a","s\\u0075b":"b"}', 'repeated'],
    ['a repeated member after a nested object', '{"a":{"x":1},"b":[1],"a":2}', 'repeated'],
    ['a repeated __proto__', '{"__proto__":1,"__proto__":2}', 'repeated'],
    ['a repeated empty name', '{"":1,"":2}', 'repeated'],
    ['a byte-order mark', '\uFEFF{}', 'byte-order mark'],
    ['half a surrogate pair', '{"a":"\\ud800"}', 'surrogate'],
    ['half a surrogate pair in a name', '{"\\udc00":1}', 'surrogate'],
    ['a raw half of a surrogate pair', '{"a":"\ud800"}', 'surrogate'],
    ['a number that is not finite', '{"exp":1e400}', 'too large'],
    ['a negative one', '{"exp":-1E999}', 'too large'],
    ['an unclosed string', '{"a', 'not valid JSON'],
    ['an unclosed object', '{"a":1', 'not valid JSON'],
    ['a trailing comma', '{"a":1,}', 'not valid JSON'],
    ['a second value', '{} {}', 'not valid JSON'],
    ['single quotes', "{'a':1}", 'not valid JSON'],
    ['nothing', '', 'not valid JSON'],
    ['a bad escape', '{"a":"\\x"}', 'not valid JSON'],
    ['a long number as a name', '{12345678901234567890:1}', 'not valid JSON'],
    ['a long number with a leading zero', '[012345678901234567890]', 'not valid JSON'],
    ['a number of signs', '[1-1+1e1-2345678901234567]', 'not valid JSON'],
    ['NaN', '[NaN]', 'not valid JSON'],
  ])('refuses %s (RFC 8259 §4, RFC 7519 §4)', (_, text, fault) => {
    const parsed = parseStrictJson(text, options);
    expect(parsed).toEqual({ ok: false, error: expect.stringContaining(fault) });
  });

  it.each([
    ['a stray byte', bytes(0x22, 0xff, 0x22)],
    ['an overlong encoding', bytes(0x22, 0xc0, 0xaf, 0x22)],
    ['an encoded surrogate', bytes(0x22, 0xed, 0xa0, 0x80, 0x22)],
    ['a cut character', bytes(0x22, 0xe2, 0x82)],
  ])('refuses %s as invalid UTF-8 (RFC 8259 §8.1)', (_, source) => {
    expect(parseStrictJson(source, options)).toEqual({ ok: false, error: 'it is not valid UTF-8' });
  });

  it('refuses a byte-order mark in bytes, which a decoder would swallow (RFC 8259 §8.1)', () => {
    expect(parseStrictJson(bytes(0xef, 0xbb, 0xbf, 0x7b, 0x7d), options).ok).toBe(false);
    expect(parseStrictJson(bytes(0x7b, 0x7d), options)).toEqual({ ok: true, value: {} });
  });

  it('counts nesting up to its limit, and refuses 100,000 levels without recursion', () => {
    const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
    expect(parseStrictJson(nested(32), options).ok).toBe(true);
    expect(parseStrictJson(nested(33), options).ok).toBe(false);
    expect(parseStrictJson(nested(100_000), options).ok).toBe(false);
    expect(parseStrictJson('{"a":'.repeat(100_000), options).ok).toBe(false);
    expect(parseStrictJson('[[],[],{"a":[]}]', { maxDepth: 3 }).ok).toBe(true);
  });

  it('keeps numbers beyond ±(2^53-1) as they were written, never rounded (contract §5.3)', () => {
    const text =
      '{"a":9007199254740993,"b":-9007199254740993,"c":9007199254740991,"d":[123456789012345678901],"e":1e20,"f":1.5}';
    expect(parseStrictJson(text, options)).toEqual({
      ok: true,
      value: {
        a: '9007199254740993',
        b: '-9007199254740993',
        c: Number.MAX_SAFE_INTEGER,
        d: ['123456789012345678901'],
        e: '1e20',
        f: 1.5,
      },
    });
  });

  it('refuses them instead where it is asked to, and no others', () => {
    const strictly = (text: string): unknown => parseStrictJson(text, { ...options, largeNumbers: 'refused' });
    const refused = { ok: false, error: 'it contains a number that is too large' };
    expect(strictly('{"a":9007199254740993}')).toEqual(refused);
    expect(strictly('{"a":[1e20]}')).toEqual(refused);
    const kept = { a: Number.MAX_SAFE_INTEGER, b: '9007199254740993' };
    expect(strictly(`{"a":9007199254740991, "b":"9007199254740993"}`)).toEqual({ ok: true, value: kept });
  });

  it('leaves them rounded where it is asked to', () => {
    const rounded = (text: string): unknown => parseStrictJson(text, { ...options, largeNumbers: 'rounded' });
    const value = { a: 2 ** 53, b: [1e20], 'c"': '9007199254740993' };
    expect(rounded('{"a":9007199254740993,"b":[1e20],"c\\"":"9007199254740993"}')).toEqual({ ok: true, value });
    expect(rounded('{"a":1e400}')).toMatchObject({ ok: false });
  });

  it('does not take digits inside a string for a number', () => {
    expect(parseStrictJson('{"a":"9007199254740993, \\"1e400\\" {[:"}', options)).toEqual({
      ok: true,
      value: { a: '9007199254740993, "1e400" {[:' },
    });
  });

  it('reads __proto__ as an ordinary own member', () => {
    const parsed = parseStrictJson('{"__proto__":{"admin":true}}', options);
    expect(parsed.ok && Object.hasOwn(parsed.value as object, '__proto__')).toBe(true);
    expect(parsed.ok && (parsed.value as Record<string, unknown>)['admin']).toBeUndefined();
  });

  it('accepts equal names in different objects, and equal strings as values', () => {
    expect(parseStrictJson('{"a":{"a":"a"},"b":[{"a":"a"},{"a":"a"}]}', options).ok).toBe(true);
  });
});
