// Each rule as an explanation shows it, with every check that deciding makes or would make; reads nothing.

import type { MatchingBudget } from '../rules/matching-budget.ts';
import { narrow } from '../rules/narrow.ts';
import type { Narrowed } from '../rules/narrow.ts';
import { matchChecks } from '../rules/rule.ts';
import type { CompiledIdentity } from '../rules/rule.ts';
import type { JsonObject } from '../token/json.ts';
import type { Check } from '../rules/check.ts';
import type { FederatedIdentity } from '../objects/federated-identity.ts';
import type { HeldRole } from '../objects/role-binding.ts';
import type { DecidedRequest, DecidedToken, Decision } from './decide.ts';
import type { Denial } from './denial.ts';
import { alreadyUsed, isSingleUse } from './single-use.ts';

/** A check as it is explained; `ok` is null if it cannot be made. */
export type ExplainedCheck = Omit<Check, 'ok' | 'reason'> & { readonly ok: boolean | null };

export interface ExplainedIdentity {
  readonly identity: FederatedIdentity;
  /** The rule accepts the token; whether it gives what is asked with it is another matter. */
  readonly matched: boolean;
  readonly checks: readonly ExplainedCheck[];
}

/** How the exchange ends. */
export type Outcome =
  | {
      readonly decision: 'granted';
      readonly identity: FederatedIdentity;
      readonly narrowed: Narrowed;
      readonly note: string | null;
    }
  | { readonly decision: 'refused'; readonly denial: Denial; readonly federatedIdentityId: string | null };

/** What a rule is held against. */
export interface ExplainContext {
  readonly asked: DecidedRequest;
  readonly token: DecidedToken;
  readonly heldRoles: readonly HeldRole[];
  /** Null if it cannot be told whether the token was used. */
  readonly isUsed: boolean | null;
  /** What all rules of the explanation may take. */
  readonly budget: MatchingBudget;
}

/** Makes every check of a rule, also after one has failed. */
export function explainIdentity(
  candidate: CompiledIdentity,
  { asked, token, heldRoles, isUsed, budget }: ExplainContext,
): ExplainedIdentity {
  const { identity } = candidate;
  const matching = [...matchChecks(candidate, token, asked.now, budget)];
  const checks: ExplainedCheck[] = [...matching, ...narrow(identity, asked, heldRoles).checks];
  if (isSingleUse(identity)) checks.push(replayCheck(token.claims, isUsed));
  return { identity, matched: matching.every((check) => check.ok), checks };
}

function replayCheck(claims: JsonObject, isUsed: boolean | null): ExplainedCheck {
  const hints = {
    unknown: 'claims without jti say nothing about use: explain the token itself',
    used: 'the token was exchanged before, and this identity accepts each token once: request a fresh one',
  };
  return {
    check: 'replay',
    claim: 'jti',
    expected: 'unused',
    actual: isUsed === null ? null : isUsed ? 'used' : 'unused',
    ok: isUsed === null ? null : !isUsed,
    hint: isUsed === null ? hints.unknown : isUsed ? hints.used : null,
  };
}

/** What is decided, after the single use that an exchange loses when it records its grant. */
export function outcomeOf(decision: Decision, isUsed: boolean | null): Outcome {
  if (!decision.granted) {
    const { denial, federatedIdentityId } = decision;
    return { decision: 'refused', denial, federatedIdentityId };
  }
  const { identity, narrowed, note } = decision;
  if (isSingleUse(identity) && isUsed === true) {
    return { decision: 'refused', denial: alreadyUsed(identity), federatedIdentityId: identity.id };
  }
  return { decision: 'granted', identity, narrowed, note };
}

/**
 * Rules of other accounts, for a request that names one: those that accept the token if none of the account's own does, and the
 * nearest if the account has none.
 */
export function neighboursWorthShowing(
  own: readonly ExplainedIdentity[],
  neighbours: readonly ExplainedIdentity[],
  outcome: Outcome,
): readonly ExplainedIdentity[] {
  if (outcome.decision === 'granted' || own.some(({ matched }) => matched)) return [];
  const matching = neighbours.filter(({ matched }) => matched);
  if (matching.length > 0 || own.length > 0) return matching;
  const [nearest] = neighbours.toSorted((a, b) => failures(a) - failures(b));
  return nearest === undefined ? [] : [nearest];
}

function failures({ checks }: ExplainedIdentity): number {
  return checks.filter(({ ok }) => ok === false).length;
}
