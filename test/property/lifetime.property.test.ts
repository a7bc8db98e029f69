// Lifetimes: what is read as one, that no cap is ever exceeded, and that a token outside of its own times is never accepted (contract §3).

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { JsonObject } from '../../src/token/json.ts';
import { capLifetime, parseLifetime } from '../../src/rules/lifetime.ts';
import { MAX_TOKEN_LIFETIME_SECONDS } from '../../src/rules/limits.ts';
import { checkTimes } from '../../src/token/times.ts';
import { holds } from '../support/runs.ts';

const UNITS = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  ms: 1_000_000n,
  s: 10n ** 9n,
  m: 60n * 10n ** 9n,
  h: 3_600n * 10n ** 9n,
};

/** Seconds of a lifetime, read character by character; null where it is none (time.ParseDuration, without a minus). */
function naiveLifetime(text: string): bigint | null {
  const isDigits = (part: string): boolean => part !== '' && part.split('').every((char) => char >= '0' && char <= '9');
  if (isDigits(text)) return BigInt(text);
  let rest = text.startsWith('+') ? text.slice(1) : text;
  let nanoseconds = 0n;
  if (rest === '') return null;
  while (rest !== '') {
    let end = 0;
    while (isDigits(rest.slice(end, end + 1)) || rest[end] === '.') end += 1;
    const [whole = '', fraction = '', ...more] = rest.slice(0, end).split('.');
    if (more.length > 0 || !isDigits(whole + fraction)) return null;
    rest = rest.slice(end).replace('\u03bc', '\u00b5');
    const unit = (Object.keys(UNITS) as (keyof typeof UNITS)[])
      .filter((name) => rest.startsWith(name))
      .toSorted((a, b) => b.length - a.length)[0];
    if (unit === undefined) return null;
    rest = rest.slice(unit.length);
    nanoseconds +=
      BigInt(whole || '0') * UNITS[unit] + (BigInt(fraction || '0') * UNITS[unit]) / 10n ** BigInt(fraction.length);
  }
  return nanoseconds >= 2n ** 63n ? null : nanoseconds / 10n ** 9n;
}

const unit = fc.constantFrom('ns', 'us', '\u00b5s', '\u03bcs', 'ms', 's', 'm', 'h', '', 'd', 'S', ' s', '-');
const figure = fc.constantFrom(
  '0',
  '1',
  '59',
  '60',
  '90',
  '1.5',
  '.5',
  '1.',
  '.',
  '',
  '1e3',
  '007',
  '9'.repeat(20),
  '\u0661',
  '0x1',
);
const lifetime = fc.oneof(
  fc
    .tuple(fc.constantFrom('', '', '', '+', '-', ' '), fc.array(fc.tuple(figure, unit), { maxLength: 4 }))
    .map(([sign, parts]) => sign + parts.map((part) => part.join('')).join('')),
  fc.string({
    unit: fc.constantFrom('0', '1', '9', '.', 'm', 's', 'h', 'n', 'u', ' ', '-', '+', '_', '\n'),
    maxLength: 8,
  }),
);

describe('a requested lifetime', () => {
  it('is read as digits or as Go reads a duration, and refused otherwise (contract §3)', async () => {
    await holds(
      fc.property(lifetime, (text) => {
        const expected = text.length > 64 ? null : naiveLifetime(text);
        const capped =
          expected !== null && expected > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(expected);
        expect(parseLifetime(text)).toBe(expected === null || expected < 1n ? null : capped);
      }),
      { usually: 1_000 },
    );
  });

  it('is lowered to the least of the caps, and never raised by any (contract §3)', async () => {
    const seconds = fc.oneof(fc.integer({ min: 1, max: 100_000 }), fc.maxSafeNat());
    await holds(
      fc.property(fc.option(seconds), seconds, seconds, (requested, tokenLifetime, maxTokenLifetime) => {
        const given = capLifetime(requested, {
          tokenLifetime: tokenLifetime,
          maxTokenLifetime,
        });
        for (const cap of [maxTokenLifetime, MAX_TOKEN_LIFETIME_SECONDS, requested ?? tokenLifetime])
          expect(given).toBeLessThanOrEqual(cap);
        expect([maxTokenLifetime, MAX_TOKEN_LIFETIME_SECONDS, requested ?? tokenLifetime]).toContain(given);
      }),
    );
  });
});

describe('the times of a token', () => {
  it('are accepted exactly where it has begun, has not ended and lives no longer than allowed (RFC 7519 §4.1, contract §3)', async () => {
    const NOW = 1_789_000_000;
    const offset = fc.oneof(
      fc.integer({ min: -130, max: 130 }),
      fc.constantFrom(0.5, -59.5, 60, -60, 3_600, 3_601, -3_600),
    );
    const time = fc.oneof(
      { weight: 8, arbitrary: offset.map((seconds) => NOW + seconds) },
      {
        weight: 1,
        arbitrary: fc.constantFrom<unknown>(undefined, null, `${NOW}`, -1, 0, true, [NOW], {}, 9e15, '1e400'),
      },
    );
    const isTime = (value: unknown): value is number => typeof value === 'number' && value >= 0;
    let accepted = 0;
    await holds(
      fc.property(
        time,
        time,
        fc.option(time, { nil: undefined }),
        fc.integer({ min: 60, max: 3_600 }),
        (exp, iat, nbf, maxLifetimeSeconds) => {
          const claims = Object.fromEntries(
            Object.entries({ exp, iat, nbf }).filter(([, value]) => value !== undefined),
          );
          const starts = [iat, ...(nbf === undefined ? [] : [nbf])];
          const isValid =
            isTime(exp) &&
            isTime(iat) &&
            starts.every((start) => isTime(start) && start <= NOW + 60 && start <= exp) &&
            NOW < exp + 60 &&
            exp - iat <= maxLifetimeSeconds;
          accepted += isValid ? 1 : 0;
          expect(checkTimes(claims as JsonObject, NOW, { maxLifetimeSeconds, iatOptional: false }).ok).toBe(isValid);
        },
      ),
      { usually: 1_000 },
    );
    expect(accepted).toBeGreaterThan(50);
  });
});
