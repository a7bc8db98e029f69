// Steps 5 to 7 of the contract's §3: which identity decides, and what it gives; the checks are those that explain shows.

import type { VerifiedClaims } from '../token/claims.ts';
import { denial } from './denial.ts';
import type { Denial, DenialReason } from './denial.ts';
import { forwardedClaims, matchChecks } from '../rules/rule.ts';
import type { CompiledIdentity } from '../rules/rule.ts';
import { narrow } from '../rules/narrow.ts';
import type { Narrowed } from '../rules/narrow.ts';
import type { JsonObject, JsonValue } from '../token/json.ts';
import { MAX_PATTERN_RULES_WITHOUT_ACCOUNT, MAX_QUOTED_CHARS, MAX_QUOTED_NAME_CHARS } from './limits.ts';
import type { Check, FederatedIdentity } from '../objects/model.ts';
import type { ExchangeFacts } from './ports.ts';
import type { Asked, RequestContext } from './request.ts';

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

/** What deciding reads of a request. */
export type DecidedRequest = Asked & Pick<RequestContext, 'now'>;

/** What deciding reads of the facts. */
export type DecidingFacts = Pick<ExchangeFacts, 'serviceAccount' | 'truncated' | 'heldRoles'>;

/** A candidate held against the token. */
interface Tried {
  readonly candidate: CompiledIdentity;
  /** The first check that refuses the token; null if the rule accepts it. */
  readonly failed: Check | null;
  /** The checks after that one, which were not made yet. */
  readonly rest: Iterable<Check>;
  /** What an operator should know although the rule accepts the token. */
  readonly note: string | null;
}

/** A candidate that accepts the token, and what it gives of what was asked or does not allow. */
interface Matched {
  readonly identity: FederatedIdentity;
  readonly narrowed: Narrowed | null;
  readonly notAllowed: Check | null;
  readonly note: string | null;
}

/** Decides over the candidates, oldest first: the oldest that matches the token and allows what was asked grants. */
export function decide(
  asked: DecidedRequest,
  facts: DecidingFacts,
  candidates: readonly CompiledIdentity[],
  token: DecidedToken,
  issuerUrl: string,
): Decision {
  const tried = candidates.map((candidate) => tryCandidate(candidate, token, asked.now));
  const matched = tried.filter(({ failed }) => failed === null).map((match) => narrowMatch(match, asked, facts));
  const shadow =
    matched.find(({ identity, narrowed }) => identity.mode === 'shadow' && narrowed !== null)?.identity ?? null;
  const enforced = matched.filter(({ identity }) => identity.mode === 'enforce');
  const accounts = new Set(enforced.map(({ identity }) => identity.serviceAccount.id));

  // Which of several accounts is meant must never be guessed, nor depend on candidates that were not read.
  if (facts.truncated) return refused(tooManyCandidates(), shadow, null);
  if (accounts.size > 1) return refused(ambiguousAccount(accounts), shadow, null);

  for (const { identity, narrowed, note } of enforced) {
    if (narrowed === null) continue;
    const upstream = forwardedClaims(token.claims, identity.forwardedClaims);
    return { granted: true, identity, narrowed, upstream, note, shadow, ...partiesOf(identity) };
  }
  const [nearest] = enforced;
  if (nearest?.notAllowed)
    return refused(
      notAllowedDenial(nearest.notAllowed, `federated identity ${nearest.identity.id} (${nearest.identity.name})`),
      shadow,
      nearest.identity,
    );
  return unmatched(asked, facts, tried, token, issuerUrl, shadow);
}

function tryCandidate(candidate: CompiledIdentity, token: DecidedToken, now: number): Tried {
  const rest = matchChecks(candidate, token, now);
  let note: string | null = null;
  // Not for…of, which would close the checks that were not made.
  for (let next = rest.next(); !next.done; next = rest.next()) {
    if (!next.value.ok) return { candidate, failed: next.value, rest, note };
    note ??= next.value.hint;
  }
  return { candidate, failed: null, rest, note };
}

function narrowMatch({ candidate: { identity }, note }: Tried, asked: Asked, { heldRoles }: DecidingFacts): Matched {
  const { checks, narrowed } = narrow(identity, asked, heldRoles);
  return { identity, narrowed, notAllowed: checks.find(({ ok }) => !ok) ?? null, note };
}

function partiesOf(identity: FederatedIdentity | null): Pick<Decision, 'serviceAccountId' | 'federatedIdentityId'> {
  return { serviceAccountId: identity?.serviceAccount.id ?? null, federatedIdentityId: identity?.id ?? null };
}

function refused(why: Denial, shadow: FederatedIdentity | null, identity: FederatedIdentity | null): Decision {
  return { granted: false, denial: why, shadow, ...partiesOf(identity) };
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

/** The token or credential is good, but does not allow what was asked; that is the caller's own and may be repeated. */
export function notAllowedDenial({ reason, actual, expected, hint }: Check, by: string): Denial {
  const why = reason ?? 'rule_invalid';
  return denial(
    why,
    `${NOT_ALLOWED[why] ?? 'the request is not allowed'}: ${text(actual)}`,
    `${by} ${why}: asked ${text(actual)}, allowed ${text(expected)}${hint === null ? '' : `; ${hint}`}`,
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
  facts: DecidingFacts,
  tried: readonly Tried[],
  token: DecidedToken,
  issuerUrl: string,
  shadow: FederatedIdentity | null,
): Decision {
  const message = `no federated identity accepts this token: issuer ${token.issuer}, subject ${token.subject}, audience ${text(token.claims['aud'] ?? null)}`;
  const nearest = tried
    .filter(({ candidate }) => candidate.identity.mode === 'enforce')
    .map(nearOf)
    .reduce<Near | null>(
      (best, near) => (best === null || near.failed.length < best.failed.length ? near : best),
      null,
    );
  if (nearest === null) return refused({ ...nobody(asked, facts, tried.length), message }, shadow, null);

  const { identity, failed } = nearest;
  const [first] = failed;
  const detail = `${tried.length} candidate(s); nearest is ${identity.id} (${identity.name}): ${failed.map(explainCheck).join('; ')}`;
  return refused(
    { reason: first?.reason ?? 'rule_invalid', message: nearMiss(nearest, issuerUrl) ?? message, detail },
    shadow,
    identity,
  );
}

interface Near {
  readonly identity: FederatedIdentity;
  readonly failed: readonly Check[];
}

/** All checks that failed: the first, and those among the rest, which are made now. */
function nearOf({ candidate, failed, rest }: Tried): Near {
  return {
    identity: candidate.identity,
    failed: [...(failed === null ? [] : [failed]), ...[...rest].filter(({ ok }) => !ok)],
  };
}

/** What may be said if everything else about an identity matched: which audience to ask for, or which event is refused. */
function nearMiss({ identity, failed }: Near, issuerUrl: string): string | null {
  const [only, ...others] = failed;
  if (only === undefined || others.length > 0) return null;
  if (only.reason === 'audience_mismatch' && identity.trustedAudiences.includes(issuerUrl)) {
    return `the audience of the token is ${text(only.actual)}: request an ID token whose audience is ${issuerUrl}`;
  }
  if (only.reason === 'preset_refused') {
    return `tokens with ${only.claim ?? 'this claim'} ${text(only.actual)} are refused by default: ${only.hint ?? 'ask the operator'}`;
  }
  return null;
}

function nobody({ serviceAccount, federatedIdentity }: Asked, facts: DecidingFacts, candidates: number): Denial {
  if (serviceAccount !== null && facts.serviceAccount === null) {
    return denial(
      'service_account_unknown',
      '',
      `no service account ${serviceAccount.slice(0, MAX_QUOTED_NAME_CHARS)} in the organisation asked for`,
    );
  }
  // Where neither is named, rules are looked up by the token's subject: others of this issuer were not read.
  const who =
    facts.serviceAccount?.id ?? federatedIdentity?.slice(0, MAX_QUOTED_NAME_CHARS) ?? 'the subject of this token';
  const shadowed = candidates === 0 ? '' : `; its ${candidates} candidate(s) are shadow identities, which never grant`;
  return denial('no_federated_identity', '', `no federated identity joins this issuer to ${who}${shadowed}`);
}

function explainCheck({ check, claim, expected, actual, hint }: Check): string {
  const what = claim === null ? check : `${check} ${claim}`;
  return `${what}: expected ${text(expected)}, token has ${text(actual)}${hint === null ? '' : ` (${hint})`}`;
}

function text(value: JsonValue): string {
  const shown = typeof value === 'string' ? value : JSON.stringify(value);
  return shown.length > MAX_QUOTED_CHARS ? `${shown.slice(0, MAX_QUOTED_CHARS)}…` : shown;
}
