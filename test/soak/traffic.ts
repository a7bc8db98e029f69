// The mix of exchanges: what each kind sends, and what must come of it.

import { GRANTED, KEYS_UNAVAILABLE, refusedByRule, unverifiable } from './ledger.ts';
import type { Outcome } from './ledger.ts';
import type { Issuer, Key } from './issuers.ts';
import { AUDIENCE, CLOUD_AUDIENCE } from './world.ts';
import type { Rule, Switch, World } from './world.ts';

/** One token request, signed and ready. */
export interface Attempt {
  readonly kind: string;
  readonly form: Readonly<Record<string, string>>;
  readonly jti: string;
  /** The outcome, or the one while the switch is on. */
  readonly outcome: Outcome;
  readonly change?: Change;
  /** What the token must be for; the rule's default unless given. */
  readonly audience: string;
}

/** What may have happened by the time of the answer. */
export interface Change {
  readonly of: Switch;
  /** The version when the attempt was made. */
  readonly version: number;
  readonly off: Outcome;
}

export interface TrafficContext {
  readonly world: World;
  readonly serviceUrl: string;
  readonly now: number;
  /** Single-use tokens that were exchanged and have not expired. */
  readonly used: () => UsedToken | undefined;
}

export interface UsedToken {
  readonly form: Readonly<Record<string, string>>;
  readonly jti: string;
  readonly expiresAt: number;
}

export type Make = (context: TrafficContext) => Promise<Attempt | null>;

interface Asked {
  readonly issuer?: Issuer;
  readonly key?: Key;
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly form?: Readonly<Record<string, string>>;
  readonly audience?: string;
  readonly change?: Change;
}

/** Seconds a workload's own token lives. */
const SUBJECT_TOKEN_SECONDS = 600;

async function attempt(
  { world, serviceUrl, now }: TrafficContext,
  kind: string,
  rule: Rule,
  outcome: Outcome,
  { issuer = world.issuers.steady, key, claims = {}, form = {}, audience = AUDIENCE, change }: Asked = {},
): Promise<Attempt> {
  const jti = crypto.randomUUID();
  const usual = { sub: `job:${kind}`, aud: serviceUrl, iat: now, exp: now + SUBJECT_TOKEN_SECONDS, jti };
  return {
    kind,
    form: exchangeForm(await issuer.sign({ ...usual, ...claims }, key), rule.account, form),
    jti,
    outcome,
    audience,
    ...(change === undefined ? {} : { change }),
  };
}

function exchangeForm(
  token: string,
  account: string,
  more: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  return {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token: token,
    subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
    service_account_id: account,
    ...more,
  };
}

const MAIN = { ref: 'refs/heads/main', attempt: 1 };
const ID_TOKEN = {
  requested_token_type: 'urn:ietf:params:oauth:token-type:id_token',
  audience: CLOUD_AUDIENCE,
};

/** What should be granted, but where a switch is off; each with its weight. */
export const GRANTS: readonly (readonly [weight: number, make: Make])[] = [
  [50, (c) => attempt(c, 'many', c.world.rules.many, GRANTED)],
  [12, (c) => attempt(c, 'once', c.world.rules.once, GRANTED)],
  [4, cloud],
  [6, (c) => attempt(c, 'logic', c.world.rules.logic, GRANTED, { claims: MAIN })],
  [
    6,
    (c) =>
      attempt(c, 'pattern', c.world.rules.pattern, GRANTED, {
        claims: { sub: 'job:pattern:ref:main', environment: 'staging' },
        form: { scope: 'api:read', access_token_lifetime: '15m' },
      }),
  ],
  [3, long],
  [2, api],
  [5, (c) => abrupt(c)],
  [4, (c) => attempt(c, 'flaky', c.world.rules.flaky, GRANTED, { issuer: c.world.issuers.flaky })],
  [2, flip],
  [2, narrow],
  [1, idle],
  [2, tenant],
  [1, churned],
];

/** Exchanges for an access token that lives for a day. */
export function long(c: TrafficContext): Promise<Attempt> {
  return attempt(c, 'long', c.world.rules.long, GRANTED);
}

/** Exchanges for an access token for the service's own API. */
export function api(c: TrafficContext): Promise<Attempt> {
  return attempt(c, 'api', c.world.rules.api, GRANTED, { audience: c.serviceUrl });
}

/** Exchanges for an ID token for a cloud. */
export function cloud(c: TrafficContext): Promise<Attempt> {
  return attempt(c, 'cloud', c.world.rules.cloud, GRANTED, { form: ID_TOKEN, audience: CLOUD_AUDIENCE });
}

/** Exchanges a token of the issuer that rotates without warning, signed by its current key or another one. */
export function abrupt(c: TrafficContext, key?: Key, outcome: Outcome = GRANTED): Promise<Attempt> {
  const { abrupt: issuer } = c.world.issuers;
  return attempt(c, 'abrupt', c.world.rules.abrupt, outcome, { issuer, ...(key === undefined ? {} : { key }) });
}

function whileOn(of: Switch, off: Outcome): Change {
  return { of, version: of.version, off };
}

/** Exchanges through the identity that is disabled and enabled. */
export function flip(c: TrafficContext): Promise<Attempt> {
  const change = whileOn(c.world.switches.flip, refusedByRule('identity_inactive'));
  return attempt(c, 'flip', c.world.rules.flip, GRANTED, { change });
}

/** Exchanges for a scope that is taken away and given back. */
export function narrow(c: TrafficContext): Promise<Attempt> {
  const change = whileOn(c.world.switches.narrow, refusedByRule('scope_not_allowed', 'invalid_scope'));
  return attempt(c, 'narrow', c.world.rules.narrow, GRANTED, { form: { scope: 'api:write' }, change });
}

/** Exchanges for the account that is disabled and enabled. */
export function idle(c: TrafficContext): Promise<Attempt> {
  const change = whileOn(c.world.switches.idle, refusedByRule('service_account_inactive'));
  return attempt(c, 'idle', c.world.rules.idle, GRANTED, { change });
}

/** Exchanges a token of the provider that is disabled and enabled. */
export function tenant(c: TrafficContext): Promise<Attempt> {
  const change = whileOn(c.world.switches.tenant, unverifiable('provider_inactive'));
  return attempt(c, 'tenant', c.world.rules.tenant, GRANTED, { issuer: c.world.issuers.tenant, change });
}

/** Exchanges for the account that is deleted and made again. */
export function churned(c: TrafficContext): Promise<Attempt> {
  const change = whileOn(c.world.switches.churned, refusedByRule('service_account_unknown'));
  return attempt(c, 'churned', c.world.churned, GRANTED, { change });
}

/** What must be refused, each with its weight. */
export const REFUSALS: readonly (readonly [weight: number, make: Make])[] = [
  [3, (c) => attempt(c, 'many', c.world.rules.many, refusedByRule('audience_mismatch'), { claims: { aud: 'other' } })],
  [3, (c) => attempt(c, 'nobody', c.world.rules.many, refusedByRule('subject_mismatch'))],
  [
    2,
    (c) =>
      attempt(c, 'many', c.world.rules.many, refusedByRule('scope_not_allowed', 'invalid_scope'), {
        form: { scope: 'api:admin' },
      }),
  ],
  [
    2,
    (c) =>
      attempt(c, 'many', c.world.rules.many, refusedByRule('audience_not_allowed', 'invalid_target'), {
        form: { audience: 'https://other.example' },
      }),
  ],
  [
    2,
    (c) =>
      attempt(c, 'logic', c.world.rules.logic, refusedByRule('expression_failed'), { claims: { ...MAIN, attempt: 9 } }),
  ],
  [
    2,
    (c) =>
      attempt(c, 'pattern', c.world.rules.pattern, refusedByRule('condition_failed'), {
        claims: { sub: 'job:pattern:ref:main', environment: 'sandbox' },
      }),
  ],
  [
    2,
    (c) =>
      attempt(c, 'many', { account: `sa_${'0'.repeat(26)}`, identity: '' }, refusedByRule('service_account_unknown')),
  ],
  [4, replay],
  [
    3,
    (c) =>
      attempt(c, 'many', c.world.rules.many, unverifiable('token_expired'), {
        claims: { iat: c.now - 900, exp: c.now - 300 },
      }),
  ],
  [2, forged],
  [2, (c) => unknownKid(c, c.world.issuers.steady, c.world.rules.many, unverifiable('unknown_kid'))],
  [2, stranger],
  [1, unregistered],
];

/** Presents a single-use token once more. */
async function replay({ used }: TrafficContext): Promise<Attempt | null> {
  const token = used();
  if (token === undefined) return null;
  return { kind: 'replay', ...token, outcome: refusedByRule('token_already_used'), audience: AUDIENCE };
}

/** A token whose signature is that of another key. */
async function forged(c: TrafficContext): Promise<Attempt> {
  const { steady } = c.world.issuers;
  const key = { ...(await steady.newKey()), kid: steady.key().kid };
  return attempt(c, 'many', c.world.rules.many, unverifiable('signature_invalid'), { key });
}

/** A token under a key that its issuer never published. */
async function unknownKid(c: TrafficContext, issuer: Issuer, rule: Rule, outcome: Outcome): Promise<Attempt> {
  const key = { ...(await issuer.newKey()), kid: crypto.randomUUID() };
  return attempt(c, 'many', rule, outcome, { issuer, key });
}

/** A token under a key that an issuer made while it is down. */
export function unreachableKey(c: TrafficContext): Promise<Attempt> {
  return unknownKid(c, c.world.issuers.flaky, c.world.rules.flaky, KEYS_UNAVAILABLE);
}

/** A verified token of somebody nobody expects, another one each time. */
export function stranger(c: TrafficContext): Promise<Attempt> {
  return attempt(c, `stranger-${crypto.randomUUID()}`, c.world.rules.many, refusedByRule('subject_mismatch'));
}

async function unregistered(c: TrafficContext): Promise<Attempt> {
  const claims = { iss: 'https://unregistered.example' };
  return attempt(c, 'many', c.world.rules.many, unverifiable('issuer_not_registered'), { claims });
}

/** Picks so many makers by their weights, spread evenly, starting elsewhere each time. */
export function pick(from: readonly (readonly [weight: number, make: Make])[], count: number, turn: number): Make[] {
  const total = from.reduce((sum, [weight]) => sum + weight, 0);
  // A step with no factor in common with the total visits every weight before any twice.
  const step = [61, 37, 17, 7, 1].find((one) => gcd(one, total) === 1) ?? 1;
  return Array.from({ length: count }, (_, index) => {
    let place = ((turn * count + index) * step) % total;
    for (const [weight, make] of from) {
      if (place < weight) return make;
      place -= weight;
    }
    throw new Error('the weights do not add up');
  });
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
