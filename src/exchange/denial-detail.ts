// What an operator reads of a denial: in the audit event, the log line and the explanation. Callers never see these words.

import type { JsonValue } from '../token/json.ts';
import type { Check } from '../rules/check.ts';
import type { Denial, NotAllowedDenial, UnmatchedDenial } from './denial.ts';
import type { RuleCost } from '../rules/matching-budget.ts';
import { MAX_EXCHANGE_MATCHING_STEPS } from '../rules/limits.ts';
import {
  MAX_NAMED_RULES,
  MAX_PATTERN_RULES_WITHOUT_ACCOUNT,
  MAX_QUOTED_CHARS,
  MAX_QUOTED_NAME_CHARS,
} from './limits.ts';

/** Everything an operator should know of a refusal, in one line. */
export function denialDetail(denied: Denial): string {
  switch (denied.about) {
    case 'sentence':
      return denied.detail;
    case 'issuer':
      return `the issuer of the token is not a registered identity provider${denied.organisation === null ? '' : ` of the organisation asked for, ${nameOf(denied.organisation)}`}: ${quoted(denied.issuer)}`;
    case 'provider':
      return `identity provider ${denied.providerId} is inactive`;
    case 'token':
      return unmatchedDetail(denied);
    case 'request':
      return notAllowedDetail(denied);
    case 'accounts':
      return `the token matches identities of ${denied.serviceAccounts.join(', ')} and the request names none`;
    case 'candidates':
      return `more than ${MAX_PATTERN_RULES_WITHOUT_ACCOUNT} rules of this provider would have to be considered if no account is named`;
    case 'costs':
      return costlyDetail(denied.costs);
    case 'use':
      return `federated identity ${denied.federatedIdentityId} is single use and has exchanged this token before, or the database was restored after it was issued`;
  }
}

/** A value as it is quoted in a sentence: text as it is, anything else as JSON, and only its beginning if it is long. */
export function quoted(value: JsonValue): string {
  const shown = typeof value === 'string' ? value : JSON.stringify(value);
  return shown.length > MAX_QUOTED_CHARS ? `${shown.slice(0, MAX_QUOTED_CHARS)}…` : shown;
}

function unmatchedDetail(denied: UnmatchedDenial): string {
  const { nearest, candidates, asked, serviceAccountId } = denied;
  if (nearest !== null) {
    return `${candidates} candidate(s); nearest is ${nearest.id} (${nearest.name}): ${nearest.failed.map(explainCheck).join('; ')}`;
  }
  if (denied.reason === 'service_account_unknown') {
    const of =
      asked.organisation === null ? 'this deployment' : `the organisation asked for, ${nameOf(asked.organisation)}`;
    return `no service account ${nameOf(asked.serviceAccount)} in ${of}`;
  }
  // If neither is named, rules are looked up by the token's subject: others of this issuer were not read.
  const who =
    serviceAccountId ??
    (asked.federatedIdentity === null ? 'the subject of this token' : nameOf(asked.federatedIdentity));
  const shadowed = candidates === 0 ? '' : `; its ${candidates} candidate(s) are shadow identities, which never grant`;
  return `no federated identity joins this issuer to ${who}${shadowed}`;
}

function costlyDetail(costs: readonly RuleCost[]): string {
  const dearest = costs.toSorted((a, b) => b.steps - a.steps).slice(0, MAX_NAMED_RULES);
  const named = dearest.map(({ id, name, steps }) => `${id} (${name}) ${Math.ceil(steps)}`).join(', ');
  return `${costs.length} rule(s) may take more than the ${MAX_EXCHANGE_MATCHING_STEPS} steps of one exchange for this token: ${named}`;
}

function notAllowedDetail({ by, reason, check }: NotAllowedDenial): string {
  const hint = check.hint === null ? '' : `; ${check.hint}`;
  return `${by} ${reason}: asked ${quoted(check.actual)}, allowed ${quoted(check.expected)}${hint}`;
}

function explainCheck({ check, claim, expected, actual, hint }: Check): string {
  const what = claim === null ? check : `${check} ${claim}`;
  // The rule itself is wrong: nothing of the token was compared.
  if (expected === null && actual === null && hint !== null) return `${what}: ${hint}`;
  return `${what}: expected ${quoted(expected)}, token has ${quoted(actual)}${hint === null ? '' : ` (${hint})`}`;
}

function nameOf(name: string | null): string {
  return (name ?? '').slice(0, MAX_QUOTED_NAME_CHARS);
}
