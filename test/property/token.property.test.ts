// A compact token is decoded only where there is one way to read it: three canonical parts, two plain objects (RFC 7515 §7.1, RFC 8725).

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { JsonValue } from '../../src/token/json.ts';
import { decodeToken } from '../../src/token/decode.ts';
import { encodeSegment } from '../support/issuer.ts';
import { holds } from '../support/runs.ts';
import { naiveJson } from './naive-json.ts';

const FORBIDDEN = ['crit', 'b64', 'zip', 'cty'];

/** The object that a part encodes, in its one canonical spelling; null otherwise. */
function naivePart(part: string, refuseRounded: boolean): Readonly<Record<string, JsonValue>> | null {
  const bytes = Buffer.from(part, 'base64url');
  if (bytes.toString('base64url') !== part) return null;
  const text = bytes.toString('utf8');
  if (!Buffer.from(text, 'utf8').equals(bytes)) return null;
  const value = naiveJson(text, 32, refuseRounded)?.value;
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, JsonValue>>)
    : null;
}

function naively(compact: string): { readonly header: unknown; readonly claims: unknown } | null {
  const parts = compact.split('.');
  const [first = '', second = '', third = ''] = parts;
  if (parts.length !== 3 || third === '' || Buffer.from(third, 'base64url').toString('base64url') !== third)
    return null;
  const [header, claims] = [naivePart(first, true), naivePart(second, false)];
  if (header === null || claims === null) return null;
  const { alg, kid, typ } = header;
  if (typeof alg !== 'string' || ['', 'none'].includes(alg.trim().toLowerCase())) return null;
  if (FORBIDDEN.some((name) => Object.hasOwn(header, name))) return null;
  if (Object.hasOwn(header, 'kid') && (typeof kid !== 'string' || kid === '')) return null;
  const types = ['jwt', 'application/jwt', 'jose'];
  if (Object.hasOwn(header, 'typ') && !(typeof typ === 'string' && types.includes(typ.toLowerCase()))) return null;
  return { header: { alg, kid: kid ?? null, typ: typ ?? null }, claims };
}

const headerMember = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom<[string, unknown]>(['typ', 'JWT'], ['kid', 'k'], ['x5t', 'y'], ['alg', 'RS256']),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom<[string, unknown]>(
      ['alg', 'none'],
      ['alg', ' NonE'],
      ['alg', ''],
      ['alg', null],
      ['alg', ['RS256']],
      ['typ', 'at+jwt'],
      ['typ', null],
      ['typ', 'APPLICATION/JWT'],
      ['kid', ''],
      ['kid', 7],
      ['kid', 2 ** 53],
      ['ALG', 'none'],
    ),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(...FORBIDDEN)
      .chain((name) => fc.tuple(fc.constant(name), fc.constantFrom<unknown>(null, false, 'x', []))),
  },
);
const header = fc
  .array(headerMember, { maxLength: 4 })
  .map((members) => JSON.stringify(Object.fromEntries([['alg', 'ES256'], ...members])));
const payload = fc
  .oneof(
    fc.dictionary(fc.string({ maxLength: 3 }), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 3 }),
    fc.jsonValue({ maxDepth: 1 }),
  )
  .map((value) => JSON.stringify(value));
const signature = fc.uint8Array({ maxLength: 5 }).map((bytes) => Buffer.from(bytes).toString('base64url'));

const SLIPS = ['.', '=', '+', '/', '-', '_', 'A', 'B', 'Q', ' ', '\n', '\0', 'é'];
const slip = fc.tuple(fc.nat(), fc.nat(3), fc.constantFrom(...SLIPS));
const token = fc
  .tuple(
    header,
    payload,
    signature,
    fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, fc.array(slip, { maxLength: 2 })),
  )
  .map(([first, second, third, slips]) =>
    slips.reduce(
      (compact, [position, kind, character]) => {
        const at = position % (compact.length + 1);
        return compact.slice(0, at) + (kind === 0 ? '' : character) + compact.slice(kind === 2 ? at : at + 1);
      },
      `${encodeSegment(first)}.${encodeSegment(second)}.${third}`,
    ),
  );

describe('decodeToken', () => {
  it('decodes exactly the tokens that have one reading, and reads what they say (RFC 7515 §7.1, RFC 8725 §2)', async () => {
    const seen = { decoded: 0, refused: 0 };
    await holds(
      fc.property(token, (compact) => {
        const expected = naively(compact);
        const decoded = decodeToken(compact);
        seen[decoded.ok ? 'decoded' : 'refused'] += 1;
        expect(decoded.ok ? decoded.value : null).toEqual(expected && { compact, ...expected });
      }),
      { usually: 1_000 },
    );
    expect(Math.min(seen.decoded, seen.refused)).toBeGreaterThan(50);
  });

  it('never decodes two different texts as one token: encoding what was read gives the text (RFC 4648 §3.5)', async () => {
    await holds(
      fc.property(token, (compact) => {
        const again = compact
          .split('.')
          .map((part) => Buffer.from(part, 'base64url').toString('base64url'))
          .join('.');
        expect(!decodeToken(compact).ok || again === compact).toBe(true);
      }),
    );
  });
});
