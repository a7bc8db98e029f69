// Class 3: times that are missing, of another type, or just outside of what one clock reading and 60 s of skew allow.

import { claimsAt, group, usual } from './case.ts';
import type { HostileCase, HostileClass, World } from './case.ts';
import { segment, signEncoded } from './forge.ts';
import type { Refusal } from './refusal.ts';

const INVALID: Refusal = { reason: 'time_claim_invalid', fetches: 'issuer' };
const EXPIRED: Refusal = { reason: 'token_expired', says: 'expired' };
const TOO_EARLY: Refusal = { reason: 'token_not_yet_valid' };
const TOO_LONG: Refusal = { reason: 'token_lifetime_too_long' };

type Times = Readonly<Record<string, unknown>>;

/** Claims given relative to the clock. */
function at(
  name: string,
  taught: string,
  refused: Refusal,
  times: (now: number) => Times,
  twin?: (now: number) => Times,
): HostileCase {
  return {
    name,
    taught,
    refused,
    attack: ({ token, deployment }) => token(times(deployment.clock.now)),
    ...(twin === undefined ? {} : { twin: ({ token, deployment }: World) => token(twin(deployment.clock.now)) }),
  };
}

/** A payload as text: the good claims without one, and members after them. */
function text(
  name: string,
  taught: string,
  refused: Refusal,
  without: string,
  after: (now: number) => string,
): HostileCase {
  return {
    name,
    taught,
    refused,
    attack: (world) => {
      const { issuer, deployment } = world;
      const claims = JSON.stringify(claimsAt(deployment, issuer.issuer, { [without]: undefined }));
      const header = segment({ alg: issuer.key.alg, kid: issuer.key.kid });
      return signEncoded(header, segment(`${claims.slice(0, -1)},${after(deployment.clock.now)}}`), issuer.key);
    },
  };
}

const NOT_TIMES = [
  'soon',
  '1789000000',
  '2030-01-01T00:00:00Z',
  '',
  null,
  true,
  false,
  [1_900_000_000],
  {},
  -1,
  '9007199254740993',
];

const types: readonly HostileCase[] = [
  at('no exp', 'CVE-2022-39227 class; jose accepts it', INVALID, () => ({ exp: undefined })),
  at('no iat', 'jose accepts it', INVALID, () => ({ iat: undefined })),
  ...['exp', 'iat', 'nbf'].flatMap((claim) =>
    NOT_TIMES.map((value) =>
      at(`${claim} ${JSON.stringify(value)}`, 'RFC 7519 §2 (NumericDate)', INVALID, () => ({ [claim]: value })),
    ),
  ),
  at('exp of the wrong case', 'RFC 7519 §10.1.1', INVALID, (now) => ({
    exp: undefined,
    EXP: now + 300,
    Exp: now + 300,
  })),
  at('exp inside another claim', 'own members only', INVALID, (now) => ({ exp: undefined, token: { exp: now + 300 } })),
  text(
    'exp inside __proto__',
    'CVE-2022-21824 class (prototype pollution)',
    INVALID,
    'exp',
    (now) => `"__proto__":{"exp":${now + 300}}`,
  ),
  text(
    'iat inside constructor.prototype',
    'prototype pollution',
    INVALID,
    'iat',
    (now) => `"constructor":{"prototype":{"iat":${now}}}`,
  ),
  text('exp 2^53 + 1', 'numbers that JSON rounds', INVALID, 'exp', () => '"exp":9007199254740993'),
  text('exp 1e400', 'jose accepts it', { reason: 'token_malformed' }, 'exp', () => '"exp":1e400'),
  text('exp with 400 digits', 'numbers that JSON rounds', INVALID, 'exp', () => `"exp":${'9'.repeat(400)}`),
  text('exp 1e300', 'a lifetime beyond the universe', INVALID, 'exp', () => '"exp":1e300'),
  text('exp minus zero', 'RFC 7519 §4.1.4', { reason: 'time_claim_invalid' }, 'exp', () => '"exp":-0'),
];

const skew: readonly HostileCase[] = [
  at(
    'exp 61 s ago',
    'RFC 7519 §4.1.4',
    EXPIRED,
    (now) => ({ iat: now - 300, nbf: now - 300, exp: now - 61 }),
    (now) => ({ iat: now - 300, nbf: now - 300, exp: now - 59 }),
  ),
  at(
    'exp exactly 60 s ago',
    'RFC 7519 §4.1.4 (on or after)',
    EXPIRED,
    (now) => ({ iat: now - 300, nbf: now - 300, exp: now - 60 }),
    (now) => ({ iat: now - 300, nbf: now - 300, exp: now - 59.5 }),
  ),
  at(
    'exp a fraction over 60 s ago',
    'RFC 7519 §2 (fractions)',
    EXPIRED,
    (now) => ({ iat: now - 300, nbf: now - 300, exp: now - 60.25 }),
    (now) => ({ exp: now + 300.75, iat: now - 0.5, nbf: now - 0.25 }),
  ),
  at('exp a day ago', 'RFC 7519 §4.1.4', EXPIRED, (now) => ({
    iat: now - 90_000,
    nbf: now - 90_000,
    exp: now - 86_400,
  })),
  at('exp 1', 'RFC 7519 §4.1.4', EXPIRED, () => ({ iat: 0, nbf: 0, exp: 1 })),
  at('exp zero', 'RFC 7519 §4.1.4', EXPIRED, () => ({ iat: 0, nbf: 0, exp: 0 })),
  at(
    'nbf in 61 s',
    'RFC 7519 §4.1.5',
    TOO_EARLY,
    (now) => ({ nbf: now + 61 }),
    (now) => ({ nbf: now + 59 }),
  ),
  at(
    'nbf a fraction over 60 s ahead',
    'RFC 7519 §4.1.5',
    TOO_EARLY,
    (now) => ({ nbf: now + 60.5 }),
    (now) => ({ nbf: now + 60 }),
  ),
  at(
    'iat in 61 s',
    'RFC 7519 §4.1.6',
    TOO_EARLY,
    (now) => ({ iat: now + 61, nbf: now }),
    (now) => ({ iat: now + 59, nbf: now }),
  ),
  at('iat a day ahead', 'jose accepts it', TOO_EARLY, (now) => ({ iat: now + 86_400, exp: now + 86_700 })),
  at(
    'nbf in a year',
    'RFC 7519 §4.1.5',
    TOO_EARLY,
    (now) => ({ nbf: now + 31_536_000, exp: now + 31_536_300 }),
    (now) => ({ nbf: undefined, exp: now + 60 }),
  ),
  at(
    'exp before iat',
    'contract §3',
    { reason: 'time_claim_invalid' },
    (now) => ({ iat: now + 50, nbf: now - 5, exp: now + 40 }),
    (now) => ({ iat: now + 30, nbf: now - 5, exp: now + 40 }),
  ),
  at(
    'exp before nbf',
    'contract §3',
    { reason: 'time_claim_invalid' },
    (now) => ({ nbf: now + 50, exp: now + 40 }),
    (now) => ({ nbf: now + 30, exp: now + 40 }),
  ),
  at('exp and iat swapped', 'a broken issuer', { reason: 'time_claim_invalid' }, (now) => ({
    exp: now - 5,
    iat: now + 55,
    nbf: undefined,
  })),
  {
    name: 'a good token once the clock has moved past it',
    taught: 'one clock reading per exchange',
    refused: EXPIRED,
    attack: async ({ token, deployment }) => {
      const good = await token({ exp: deployment.clock.now + 10 });
      deployment.clock.now += 70;
      return good;
    },
    twin: async ({ token, deployment }) => {
      const good = await token({ exp: deployment.clock.now + 10 });
      deployment.clock.now += 69;
      return good;
    },
  },
  {
    name: 'a token of the future after the clock jumped back',
    taught: 'clock jumps',
    // Keys that a clock ahead of time wrote are forgotten, so the issuer is asked again.
    refused: { ...TOO_EARLY, fetches: 'issuer' },
    attack: async ({ token, deployment }) => {
      const good = await token();
      deployment.clock.now -= 120;
      return good;
    },
  },
];

const lifetimes: readonly HostileCase[] = [
  at(
    'a lifetime of a day and a second',
    'contract §5.1 (maxTokenLifetime)',
    TOO_LONG,
    (now) => ({ iat: now, nbf: now, exp: now + 86_401 }),
    (now) => ({ iat: now, nbf: now, exp: now + 86_400 }),
  ),
  at('a lifetime of ten years', 'jose accepts it', TOO_LONG, (now) => ({ exp: now + 315_360_000 })),
  at('exp in milliseconds', "a broken issuer's unit", TOO_LONG, (now) => ({ exp: (now + 300) * 1_000 })),
  at('a token of a year that is about to end', 'a leaked long-lived token', TOO_LONG, (now) => ({
    iat: now - 31_536_000,
    nbf: now - 31_536_000,
    exp: now + 60,
  })),
  at('iat zero', 'RFC 7519 §4.1.6', TOO_LONG, () => ({ iat: 0, nbf: 0 })),
  at('a lifetime that is a fraction too long', 'contract §5.1', TOO_LONG, (now) => ({
    iat: now - 0.5,
    exp: now + 86_400,
  })),
];

const short: readonly HostileCase[] = [
  at(
    "a lifetime over the provider's own limit",
    'contract §5.1 (maxTokenLifetime)',
    TOO_LONG,
    (now) => ({ iat: now, nbf: now, exp: now + 301 }),
    (now) => ({ iat: now, nbf: now, exp: now + 300 }),
  ),
  at(
    "the provider's limit told from nbf instead of iat",
    'contract §5.1',
    TOO_LONG,
    (now) => ({ iat: now - 100, nbf: now, exp: now + 300 }),
    (now) => ({ iat: now - 10, nbf: undefined, exp: now + 290 }),
  ),
];

export const time: HostileClass = {
  title: 'Time',
  about: 'Times that are missing, of another type, or just outside of what one clock reading and 60 s of skew allow.',
  groups: [
    group({ title: 'types', world: (kit) => usual(kit), cases: types }),
    group({ title: 'skew', world: (kit) => usual(kit), fresh: 'case', cases: skew }),
    group({ title: 'lifetimes', world: (kit) => usual(kit), cases: lifetimes }),
    group({
      title: "a provider's own limit",
      world: (kit) => usual(kit, { provider: { maxTokenLifetime: 300 } }),
      cases: short,
    }),
  ],
};
