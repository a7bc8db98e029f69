// Steps 5 to 7 of the contract's §3: which identity decides, and what it gives; pure, and the same checks that explain shows.

import type { VerifiedClaims } from '../token/claims.ts';
import { denial } from './denial.ts';
import type { Denial, DenialReason } from './denial.ts';
import type { ExchangeRequest } from './exchange.ts';
import { forwardedClaims, matchChecks, narrow, narrowChecks } from '../rules/rule.ts';
import type { CompiledIdentity } from '../rules/rule.ts';
import type { JsonObject, JsonValue } from '../token/json.ts';
import { capLifetime } from '../rules/lifetime.ts';
import { MAX_PATTERN_RULES_WITHOUT_ACCOUNT } from './limits.ts';
import type { Check, FederatedIdentity } from '../objects/model.ts';
import type { ExchangeFacts } from './ports.ts';

/** What an identity gives of what was asked. */
export interface Narrowed {
  readonly scope: readonly string[];
  readonly audiences: readonly string[];
  readonly roles: readonly string[];
  readonly lifetimeSeconds: number;
}

export type Decision = {
  /** The oldest shadow identity that would have granted the request. */
  readonly shadow: FederatedIdentity | null;
  readonly serviceAccountId: string | null;
  readonly federatedIdentityId: string | null;
} & (
  | {
      readonly granted: true;
      readonly identity: FederatedIdentity;
      readonly narrowed: Narrowed;
      readonly upstream: JsonObject;
      /** What an operator should know although it was granted, such as a renamed repository. */
      readonly note: string | null;
    }
  | { readonly granted: false; readonly denial: Denial }
);

/** What deciding reads of a token; `exchangeToken` gives verified claims and issues for nothing else. */
export type DecidedToken = Pick<VerifiedClaims, 'claims' | 'issuer' | 'subject'>;

export type Asked = Pick<
  ExchangeRequest,
  'serviceAccount' | 'federatedIdentity' | 'scope' | 'audiences' | 'project' | 'tokenType' | 'lifetimeSeconds' | 'now'
>;

/** One candidate that matched the token, with the first thing it does not allow, if any. */
interface Matched {
  readonly identity: FederatedIdentity;
  readonly notAllowed: Check | null;
  readonly note: string | null;
}

/** Decides over the candidates, oldest first: the oldest that matches the token and allows what was asked grants. */
export function decide(
  asked: Asked,
  facts: ExchangeFacts,
  candidates: readonly CompiledIdentity[],
  token: DecidedToken,
  issuerUrl: string,
): Decision {
  const matched = candidates.flatMap((candidate) => match(candidate, asked, facts, token));
  const shadow =
    matched.find(({ identity, notAllowed }) => identity.mode === 'shadow' && notAllowed === null)?.identity ?? null;
  const enforced = matched.filter(({ identity }) => identity.mode === 'enforce');
  const accounts = new Set(enforced.map(({ identity }) => identity.serviceAccount.id));

  // Which of several accounts is meant must never be guessed, nor depend on candidates that were not read.
  if (facts.truncated) return refused(tooManyCandidates(), shadow, null);
  if (accounts.size > 1) return refused(ambiguousAccount(accounts), shadow, null);

  const chosen = enforced.find(({ notAllowed }) => notAllowed === null);
  if (chosen !== undefined) return granted(chosen, asked, facts, token, shadow);
  const nearest = enforced[0];
  if (nearest?.notAllowed)
    return refused(notAllowedDenial(nearest.notAllowed, nearest.identity), shadow, nearest.identity);
  return unmatched(asked, facts, candidates, token, issuerUrl, shadow);
}

function match(candidate: CompiledIdentity, asked: Asked, facts: ExchangeFacts, token: DecidedToken): Matched[] {
  let note: string | null = null;
  for (const check of matchChecks(candidate, token, asked.now)) {
    if (!check.ok) return [];
    note ??= check.hint;
  }
  for (const check of narrowChecks(candidate, wantedBy(asked), facts.heldRoles)) {
    if (!check.ok) return [{ identity: candidate.identity, notAllowed: check, note }];
  }
  return [{ identity: candidate.identity, notAllowed: null, note }];
}

/** What is asked for with the token, as narrowing reads it. */
export function wantedBy({ scope, audiences, project, tokenType }: Asked): {
  scope: readonly string[] | null;
  audiences: readonly string[];
  project: string | null;
  requireAudience: boolean;
} {
  return { scope, audiences, project, requireAudience: tokenType === 'id_token' };
}

function granted(
  { identity, note }: Matched,
  asked: Asked,
  facts: ExchangeFacts,
  token: DecidedToken,
  shadow: FederatedIdentity | null,
): Decision {
  return {
    granted: true,
    identity,
    narrowed: {
      ...narrow(identity, wantedBy(asked), facts.heldRoles),
      lifetimeSeconds: capLifetime(asked.lifetimeSeconds, identity),
    },
    upstream: forwardedClaims(token.claims, identity.forwardedClaims),
    note,
    shadow,
    serviceAccountId: identity.serviceAccount.id,
    federatedIdentityId: identity.id,
  };
}

function refused(why: Denial, shadow: FederatedIdentity | null, identity: FederatedIdentity | null): Decision {
  return {
    granted: false,
    denial: why,
    shadow,
    serviceAccountId: identity?.serviceAccount.id ?? null,
    federatedIdentityId: identity?.id ?? null,
  };
}

function tooManyCandidates(): Denial {
  return denial(
    'too_many_candidates',
    'too many federated identities could accept this token: pass service_account_id',
    `more than ${MAX_PATTERN_RULES_WITHOUT_ACCOUNT} rules of this provider would have to be considered where no account is named`,
  );
}

function ambiguousAccount(accounts: ReadonlySet<string>): Denial {
  return denial(
    'ambiguous_service_account',
    'the token is accepted for several service accounts: pass service_account_id to choose one',
    `the token matches identities of ${[...accounts].join(', ')} and the request names none`,
  );
}

/** The token matched, but not what was asked with it; what was asked is the caller's own and may be repeated. */
function notAllowedDenial({ reason, actual, expected, hint }: Check, identity: FederatedIdentity): Denial {
  const why = reason ?? 'rule_invalid';
  return denial(
    why,
    `${NOT_ALLOWED[why] ?? 'the request is not allowed'}: ${text(actual)}`,
    `federated identity ${identity.id} (${identity.name}) ${why}: asked ${text(actual)}, allowed ${text(expected)}${hint === null ? '' : `; ${hint}`}`,
  );
}

const NOT_ALLOWED: Partial<Record<DenialReason, string>> = {
  scope_not_allowed: 'the requested scope is not allowed',
  audience_not_allowed: 'the requested audience or resource is not allowed',
  audience_required: 'an ID token needs an audience parameter that says who it is for',
  project_not_allowed: 'the service account is not bound to this project',
};

/** Unknown account, no identity, wrong rule: one message for all, made of the token alone (contract §3). */
function unmatched(
  asked: Asked,
  facts: ExchangeFacts,
  candidates: readonly CompiledIdentity[],
  token: DecidedToken,
  issuerUrl: string,
  shadow: FederatedIdentity | null,
): Decision {
  const message = `no federated identity accepts this token: issuer ${token.issuer}, subject ${token.subject}, audience ${text(token.claims['aud'] ?? null)}`;
  const nearest = candidates
    .filter(({ identity }) => identity.mode === 'enforce')
    .map((candidate) => ({ candidate, failed: [...matchChecks(candidate, token, asked.now)].filter(({ ok }) => !ok) }))
    .reduce<Near | null>(
      (best, near) => (best === null || near.failed.length < best.failed.length ? near : best),
      null,
    );
  if (nearest === null) return refused({ ...nobody(asked, facts, candidates.length), message }, shadow, null);

  const { identity } = nearest.candidate;
  const [first] = nearest.failed;
  const detail = `${candidates.length} candidate(s); nearest is ${identity.id} (${identity.name}): ${nearest.failed.map(explainCheck).join('; ')}`;
  return refused(
    { reason: first?.reason ?? 'rule_invalid', message: nearMiss(nearest, issuerUrl) ?? message, detail },
    shadow,
    identity,
  );
}

interface Near {
  readonly candidate: CompiledIdentity;
  readonly failed: readonly Check[];
}

/** What may be said where everything else about an identity matched: which audience to ask for, or which event is refused. */
function nearMiss({ candidate, failed }: Near, issuerUrl: string): string | null {
  const [only, ...others] = failed;
  if (only === undefined || others.length > 0) return null;
  if (only.reason === 'audience_mismatch' && candidate.trustedAudiences.includes(issuerUrl)) {
    return `the audience of the token is ${text(only.actual)}: request an ID token whose audience is ${issuerUrl}`;
  }
  if (only.reason === 'preset_refused') {
    return `tokens with ${only.claim ?? 'this claim'} ${text(only.actual)} are refused by default: ${only.hint ?? 'ask the operator'}`;
  }
  return null;
}

function nobody({ serviceAccount, federatedIdentity }: Asked, facts: ExchangeFacts, candidates: number): Denial {
  if (serviceAccount !== null && facts.serviceAccount === null) {
    return denial(
      'service_account_unknown',
      '',
      `no service account ${serviceAccount.slice(0, 100)} in the organisation asked for`,
    );
  }
  // Where neither is named, rules are looked up by the token's subject: others of this issuer were not read.
  const who = facts.serviceAccount?.id ?? federatedIdentity?.slice(0, 100) ?? 'the subject of this token';
  const shadowed = candidates === 0 ? '' : `; its ${candidates} candidate(s) are shadow identities, which never grant`;
  return denial('no_federated_identity', '', `no federated identity joins this issuer to ${who}${shadowed}`);
}

function explainCheck({ check, claim, expected, actual, hint }: Check): string {
  const what = claim === null ? check : `${check} ${claim}`;
  return `${what}: expected ${text(expected)}, token has ${text(actual)}${hint === null ? '' : ` (${hint})`}`;
}

const MAX_QUOTED_CHARS = 300;

function text(value: JsonValue): string {
  const shown = typeof value === 'string' ? value : JSON.stringify(value);
  return shown.length > MAX_QUOTED_CHARS ? `${shown.slice(0, MAX_QUOTED_CHARS)}…` : shown;
}
