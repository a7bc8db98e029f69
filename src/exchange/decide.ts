// Steps 5 to 7 of the contract's §3: which identity decides, and what it gives; the checks are those that explain shows.

import type { VerifiedClaims } from '../token/claims.ts';
import type { Denial } from './denial.ts';
import { newMatchingBudget } from '../rules/matching-budget.ts';
import type { MatchingBudget, RuleCost } from '../rules/matching-budget.ts';
import { forwardedClaims, matchChecks } from '../rules/rule.ts';
import type { CompiledIdentity } from '../rules/rule.ts';
import { narrow } from '../rules/narrow.ts';
import type { Narrowed } from '../rules/narrow.ts';
import type { JsonObject } from '../token/json.ts';
import type { Check } from '../rules/check.ts';
import type { FederatedIdentity } from '../objects/federated-identity.ts';
import type { HeldRole } from '../objects/role-binding.ts';
import { MAX_ACCOUNTS_WITH_ROLES } from './limits.ts';
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
export type DecidingFacts = Pick<ExchangeFacts, 'serviceAccount' | 'truncated'> & {
  /** At least of the accounts that accountsToGrant() names. */
  readonly heldRoles: readonly HeldRole[];
};

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

/** The candidates held against the token, before anything of what is asked is looked at. */
export interface Matching {
  readonly tried: readonly Tried[];
  /** What each rule takes, if all together take too much. */
  readonly tooCostly: readonly RuleCost[] | null;
}

/** Holds the candidates against the token at `now`, each once. */
export function matchCandidates(candidates: readonly CompiledIdentity[], token: DecidedToken, now: number): Matching {
  const budget = newMatchingBudget();
  const tried = candidates.map((candidate) => tryCandidate(candidate, token, now, budget));
  // Kept now: explaining the nearest rule may evaluate more.
  return { tried, tooCostly: budget.isExceeded ? [...budget.costs.values()] : null };
}

/** The accounts whose roles decide what is granted; none if the request is refused whatever they are. */
export function accountsToGrant(
  { tried, tooCostly }: Matching,
  { truncated }: Pick<ExchangeFacts, 'truncated'>,
): readonly string[] {
  if (tooCostly !== null || truncated) return [];
  const matched = tried.filter(({ failed }) => failed === null).map(({ candidate }) => candidate.identity);
  const accountsOf = (mode: FederatedIdentity['mode']): string[] =>
    matched.filter((identity) => identity.mode === mode).map(({ serviceAccount }) => serviceAccount.id);
  const enforced = new Set(accountsOf('enforce'));
  if (enforced.size > 1) return [];
  return [...new Set([...enforced, ...accountsOf('shadow')])].slice(0, MAX_ACCOUNTS_WITH_ROLES);
}

/** Decides over the candidates, oldest first: the oldest that matches the token and allows what was asked grants. */
export function decide(
  asked: DecidedRequest,
  facts: DecidingFacts,
  candidates: readonly CompiledIdentity[],
  token: DecidedToken,
  issuerUrl: string,
  { tried, tooCostly }: Matching = matchCandidates(candidates, token, asked.now),
): Decision {
  const matched = tried.filter(({ failed }) => failed === null).map((match) => narrowMatch(match, asked, facts));
  const shadow =
    matched.find(({ identity, narrowed }) => identity.mode === 'shadow' && narrowed !== null)?.identity ?? null;
  const refuse = ({ denial, identity }: Refused): Decision => ({
    granted: false,
    denial,
    shadow,
    ...partiesOf(identity),
  });
  const enforced = matched.filter(({ identity }) => identity.mode === 'enforce');
  const accounts = new Set(enforced.map(({ identity }) => identity.serviceAccount.id));

  // Which of several accounts is meant must never be guessed, nor depend on candidates that were not read.
  if (tooCostly !== null) {
    return refuse({
      denial: { about: 'costs', reason: 'rules_too_costly', costs: tooCostly },
      identity: null,
    });
  }
  if (facts.truncated)
    return refuse({ denial: { about: 'candidates', reason: 'too_many_candidates' }, identity: null });
  if (accounts.size > 1) {
    const serviceAccounts = [...accounts];
    return refuse({
      denial: { about: 'accounts', reason: 'ambiguous_service_account', serviceAccounts },
      identity: null,
    });
  }

  for (const { identity, narrowed, note } of enforced) {
    if (narrowed === null) continue;
    const upstream = forwardedClaims(token.claims, identity.forwardedClaims);
    return { granted: true, identity, narrowed, upstream, note, shadow, ...partiesOf(identity) };
  }
  const [nearest] = enforced;
  if (nearest?.notAllowed) {
    const { identity, notAllowed } = nearest;
    const by = `federated identity ${identity.id} (${identity.name})`;
    return refuse({ denial: notAllowedDenial(notAllowed, by), identity });
  }
  return refuse(unmatched(asked, facts, tried, token, issuerUrl));
}

/** The token or credential is good, but `by` does not allow what was asked. */
export function notAllowedDenial(check: Check, by: string): Denial {
  return { about: 'request', reason: check.reason ?? 'rule_invalid', check, by };
}

/** A refusal and the identity it is about, if it is about one. */
interface Refused {
  readonly denial: Denial;
  readonly identity: FederatedIdentity | null;
}

function tryCandidate(candidate: CompiledIdentity, token: DecidedToken, now: number, budget: MatchingBudget): Tried {
  const rest = matchChecks(candidate, token, now, budget);
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

/** No rule accepts the token; the facts for the words, which differ for the caller and the operator. */
function unmatched(
  asked: Asked,
  facts: DecidingFacts,
  tried: readonly Tried[],
  token: DecidedToken,
  issuerUrl: string,
): Refused {
  const { serviceAccount, organisation, federatedIdentity } = asked;
  const nearest = nearestOf(tried);
  const isUnknown = serviceAccount !== null && facts.serviceAccount === null;
  return {
    identity: nearest?.identity ?? null,
    denial: {
      about: 'token',
      reason: nearest?.failed[0]?.reason ?? (isUnknown ? 'service_account_unknown' : 'no_federated_identity'),
      asked: { serviceAccount, organisation, federatedIdentity },
      serviceAccountId: facts.serviceAccount?.id ?? null,
      issuer: token.issuer,
      subject: token.subject,
      audience: token.claims['aud'] ?? null,
      claims: token.claims,
      candidates: tried.length,
      nearest: nearest && {
        id: nearest.identity.id,
        name: nearest.identity.name,
        failed: nearest.failed,
        trustsDeployment: nearest.identity.trustedAudiences.includes(issuerUrl),
      },
    },
  };
}

interface Near {
  readonly identity: FederatedIdentity;
  readonly failed: readonly Check[];
}

/** The rule that refuses the token for the fewest reasons, the oldest of several. */
function nearestOf(tried: readonly Tried[]): Near | null {
  return tried
    .filter(({ candidate }) => candidate.identity.mode === 'enforce')
    .map(nearOf)
    .reduce<Near | null>(
      (best, near) => (best === null || near.failed.length < best.failed.length ? near : best),
      null,
    );
}

/** All checks that failed: the first, and those among the rest, which are made now. */
function nearOf({ candidate, failed, rest }: Tried): Near {
  return {
    identity: candidate.identity,
    failed: [...(failed === null ? [] : [failed]), ...[...rest].filter(({ ok }) => !ok)],
  };
}
