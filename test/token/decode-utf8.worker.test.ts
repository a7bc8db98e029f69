// The decoder that all requests of an isolate share: what one of them sends must not change what the next is read as.

import { expect, it } from 'vitest';

import { decodeUtf8 } from '../../src/token/strict-json.ts';

it.each([
  ['a cut character', [0xe2, 0x82]],
  ['a stray byte', [0xff]],
  ['a cut character after another', [0x41, 0xf0, 0x9f]],
  ['half a surrogate pair', [0xed, 0xa0, 0x80]],
])('refuses %s and then reads the next bytes on their own (RFC 8259 §8.1)', (_, refused) => {
  expect(decodeUtf8(new Uint8Array(refused))).toBeNull();
  expect(decodeUtf8(new Uint8Array([0xac, 0x41]))).toBeNull();
  expect(decodeUtf8(new Uint8Array([0x41, 0xc3, 0xa9]))).toBe('Aé');
  expect(decodeUtf8(new Uint8Array([0xef, 0xbb, 0xbf, 0x41]))).toBe('\uFEFFA');
});
