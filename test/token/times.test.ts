// Times of a subject token: skew on each side, the lifetime, and every form of a claim that is no time.

import { describe, expect, it } from 'vitest';

import type { JsonObject } from '../../src/token/json.ts';
import { checkTimes } from '../../src/token/times.ts';

const NOW = 1_789_000_000;
const rules = { maxLifetimeSeconds: 86_400, iatOptional: false };
const claims = (changes: JsonObject = {}): JsonObject => ({ iat: NOW, nbf: NOW, exp: NOW + 300, ...changes });
const reasonOf = (value: JsonObject, used = rules): string => {
  const checked = checkTimes(value, NOW, used);
  return checked.ok ? 'accepted' : checked.error.reason;
};

describe('checkTimes', () => {
  it('answers when the token expires and was issued', () => {
    expect(checkTimes(claims(), NOW, rules)).toEqual({ ok: true, value: { expiresAt: NOW + 300, issuedAt: NOW } });
  });

  it.each([
    ['exp 59 s ago', { iat: NOW - 600, nbf: NOW - 600, exp: NOW - 59 }, 'accepted'],
    ['exp 60 s ago', { iat: NOW - 600, nbf: NOW - 600, exp: NOW - 60 }, 'token_expired'],
    ['exp 61 s ago', { iat: NOW - 600, nbf: NOW - 600, exp: NOW - 61 }, 'token_expired'],
    ['nbf in 59 s', { nbf: NOW + 59 }, 'accepted'],
    ['nbf in 61 s', { nbf: NOW + 61 }, 'token_not_yet_valid'],
    ['iat in 59 s', { iat: NOW + 59 }, 'accepted'],
    ['iat in 61 s', { iat: NOW + 61 }, 'token_not_yet_valid'],
    ['iat tomorrow', { iat: NOW + 86_400, exp: NOW + 86_700 }, 'token_not_yet_valid'],
    ['no nbf', { nbf: 0 }, 'accepted'],
    ['nbf before iat, as GitHub sends it', { nbf: NOW - 600 }, 'accepted'],
    ['exactly the longest lifetime', { exp: NOW + 86_400 }, 'accepted'],
    ['one second more', { exp: NOW + 86_401 }, 'token_lifetime_too_long'],
    ['ten years', { exp: NOW + 315_360_000 }, 'token_lifetime_too_long'],
    ['a long life that is nearly over', { iat: NOW - 200_000, exp: NOW + 10 }, 'token_lifetime_too_long'],
    ['exp before iat', { exp: NOW - 1 }, 'time_claim_invalid'],
    ['exp before nbf', { nbf: NOW + 50, exp: NOW + 40 }, 'time_claim_invalid'],
    ['exp equal to iat', { exp: NOW }, 'accepted'],
    ['fractions', { iat: NOW - 0.5, nbf: NOW - 0.25, exp: NOW + 300.75 }, 'accepted'],
  ] as const)('judges %s with 60 s of skew (RFC 7519 §4.1, contract §3)', (_, changes, reason) => {
    expect(reasonOf(claims(changes))).toBe(reason);
  });

  it.each(['exp', 'iat', 'nbf'] as const)('refuses a %s that is no time, and names it (RFC 7519 §2)', (name) => {
    for (const value of [String(NOW), null, true, [NOW], {}, -1, NaN, Infinity, '', '1e20']) {
      const checked = checkTimes(claims({ [name]: value }), NOW, rules);
      expect(checked).toMatchObject({
        ok: false,
        error: { reason: 'time_claim_invalid', message: expect.stringContaining(name) },
      });
    }
  });

  it('requires exp and iat, not nbf (contract §3)', () => {
    expect(reasonOf({ iat: NOW })).toBe('time_claim_invalid');
    expect(reasonOf({ exp: NOW + 300 })).toBe('time_claim_invalid');
    expect(reasonOf({ iat: NOW, exp: NOW + 300 })).toBe('accepted');
  });

  it('counts the lifetime of a JWT-SVID without iat from now (contract §5.1)', () => {
    const spiffe = { maxLifetimeSeconds: 300, iatOptional: true };
    expect(reasonOf({ exp: NOW + 300 }, spiffe)).toBe('accepted');
    expect(reasonOf({ exp: NOW + 301 }, spiffe)).toBe('token_lifetime_too_long');
    expect(reasonOf({ exp: NOW + 300, iat: 'x' }, spiffe)).toBe('time_claim_invalid');
  });

  it('says in plain words how far the clocks are apart, and the limit to the operator alone', () => {
    const expired = checkTimes({ iat: NOW - 600, exp: NOW - 75 }, NOW, rules);
    expect(expired.ok ? '' : expired.error.message).toContain('expired 75 seconds ago');
    expect(expired.ok ? '' : expired.error.message).toContain(String(NOW));
    const long = checkTimes(claims({ exp: NOW + 90_000 }), NOW, rules);
    expect(long.ok ? '' : long.error.message).not.toContain('86400');
    expect(long.ok ? '' : long.error.detail).toContain('86400');
  });
});
