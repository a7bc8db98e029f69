// Whom a token is meant for, read and narrowed byte for byte, on any value that an issuer could send (contract §5.3, RFC 8707 §2).

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { matchAudience, narrowTokenAudience, readAudience } from '../../src/rules/audience.ts';
import type { JsonValue } from '../../src/token/json.ts';
import { holds } from '../support/runs.ts';

const US = 'https://tokens.example.com';
/** Near misses of one another: another case, a slash, white space, a prefix, another normal form, nothing. */
const name = fc.constantFrom(US, `${US}/`, US.toUpperCase(), ` ${US}`, US.slice(0, -1), 'é', 'e\u0301', '', '*', 'a');
const names = fc.array(name, { maxLength: 4 });
const claim = fc.oneof(
  name,
  names,
  fc.jsonValue({ maxDepth: 2 }),
  fc.array(fc.oneof(name, fc.jsonValue({ maxDepth: 1 })), { maxLength: 3 }),
);

describe('audience', () => {
  it('of a token counts only where every part of it is a string that is not empty (RFC 7519 §4.1.3)', async () => {
    await holds(
      fc.property(fc.option(claim, { nil: undefined }), (aud) => {
        const list: readonly unknown[] = Array.isArray(aud) ? (aud as readonly unknown[]) : [aud];
        const isAudience = list.length > 0 && list.every((one) => typeof one === 'string' && one !== '');
        expect(readAudience(aud as JsonValue | undefined)).toEqual(isAudience ? list : null);
      }),
    );
  });

  it('of a token matches by each mode as the mode is defined, and never an empty list (contract §5.3)', async () => {
    await holds(
      fc.property(claim, names, (aud, trusted) => {
        const given = readAudience(aud as JsonValue) ?? [];
        const foreign = given.filter((one) => !trusted.includes(one));
        const missing = trusted.filter((one) => !given.includes(one));
        const counts = given.length > 0 && trusted.length > 0;
        const matches = (mode: 'any' | 'all' | 'exact'): boolean => matchAudience(aud as JsonValue, trusted, mode);
        expect(matches('any')).toBe(counts && foreign.length < given.length);
        expect(matches('all')).toBe(counts && foreign.length === 0);
        expect(matches('exact')).toBe(counts && foreign.length === 0 && missing.length === 0);
      }),
      { usually: 1_000 },
    );
  });

  it('of an issued token is exactly what was requested, all of it allowed, or the first allowed one (RFC 8707 §2, contract §3)', async () => {
    await holds(
      fc.property(names, names, (requested, allowed) => {
        const narrowed = narrowTokenAudience(requested, allowed);
        const beyond = requested.filter((one) => !allowed.includes(one));
        if (beyond.length > 0) {
          expect(narrowed).toEqual({ ok: false, error: [...new Set(beyond)] });
          return;
        }
        expect(narrowed).toEqual({
          ok: true,
          value: requested.length > 0 ? [...new Set(requested)] : allowed.slice(0, 1),
        });
      }),
    );
  });
});
