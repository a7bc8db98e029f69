// Audience modes and the narrowing of audiences, one refusal and its accepted twin at a time.

import { describe, expect, it } from 'vitest';

import { matchAudience, narrowTokenAudience, readAudience } from '../../src/rules/audience.ts';

const US = 'https://tokens.example.com';
const OTHER = 'https://other.example.com';

describe('matchAudience (contract §5.3)', () => {
  it.each([
    ['any', US, [US], true],
    ['any', [US], [US], true],
    ['any', [OTHER, US], [US], true],
    ['any', [OTHER], [US], false],
    ['all', US, [US], true],
    ['all', [US], [US, OTHER], true],
    ['all', [US, OTHER], [US, OTHER], true],
    ['all', [US, OTHER], [US], false],
    ['exact', [OTHER, US], [US, OTHER], true],
    ['exact', [US, US], [US], true],
    ['exact', US, [US, OTHER], false],
    ['exact', [US, OTHER], [US], false],
  ] as const)('%s: aud %j against trusted %j is %s', (mode, aud, trusted, matches) => {
    expect(matchAudience(aud, trusted, mode)).toBe(matches);
  });

  describe.each(['any', 'all', 'exact'] as const)('mode %s', (mode) => {
    it.each([undefined, null, '', [], [''], [US, ''], [US, null], [US, 1], 1, true, { aud: US }, [[US]]])(
      'refuses an aud that is %j (RFC 7519 §4.1.3)',
      (aud) => {
        expect(matchAudience(aud, [US, ''], mode)).toBe(false);
      },
    );

    it.each([`${US}/`, US.toUpperCase(), ` ${US}`, US.slice(0, -1), `${US}.evil.example`])(
      'refuses the near miss %j',
      (aud) => {
        expect(matchAudience(aud, [US], mode)).toBe(false);
      },
    );

    it('never reads an empty trusted list as any audience', () => {
      expect(matchAudience(US, [], mode)).toBe(false);
    });
  });

  it('reads a token of many audiences as one of few, and quickly', () => {
    const many = Array.from({ length: 3_000 }, (_, index) => `a${index}`);
    expect(matchAudience([...many, US], [OTHER, US], 'any')).toBe(true);
    expect(matchAudience(many, [OTHER, US], 'any')).toBe(false);
    expect(
      matchAudience(
        Array.from({ length: 3_000 }, () => US),
        [OTHER, US],
        'all',
      ),
    ).toBe(true);
    expect(matchAudience([...many, US], [OTHER, US], 'all')).toBe(false);
    expect(matchAudience(many.slice(0, 50), many.slice(0, 50).toReversed(), 'exact')).toBe(true);
    expect(matchAudience(many.slice(0, 49), many.slice(0, 50), 'exact')).toBe(false);
    const trusted = Array.from({ length: 50 }, (_, index) => `b${index}`);
    const started = performance.now();
    for (let rule = 0; rule < 100; rule += 1) matchAudience(many, trusted, 'any');
    expect(performance.now() - started).toBeLessThan(200);
  });

  it('refuses a mode it does not know', () => {
    expect(matchAudience(US, [US], 'some' as 'any')).toBe(false);
  });
});

describe('readAudience (RFC 7519 §4.1.3)', () => {
  it('reads a string as a list of one', () => {
    expect(readAudience(US)).toEqual([US]);
    expect(readAudience('')).toBeNull();
  });
});

describe('narrowTokenAudience (RFC 8707 §2, contract §3)', () => {
  it('gives the first allowed audience where none was requested', () => {
    expect(narrowTokenAudience([], [US, OTHER])).toEqual({ ok: true, value: [US] });
  });

  it('gives what was requested once, and refuses what is not allowed by name', () => {
    expect(narrowTokenAudience([OTHER, OTHER], [US, OTHER])).toEqual({ ok: true, value: [OTHER] });
    expect(narrowTokenAudience([OTHER, `${US}/`], [US, OTHER])).toEqual({ ok: false, error: [`${US}/`] });
    expect(narrowTokenAudience(['*'], [US])).toEqual({ ok: false, error: ['*'] });
  });
});
