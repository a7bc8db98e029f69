// What a narrower rule no longer lets in, in words: workloads close to those that were seen, each tried with both rules.

import type { FederatedIdentity } from '../objects/federated-identity.ts';
import { NOTHING_ASKED } from '../exchange/request.ts';
import type { CompiledIdentity } from '../rules/rule.ts';
import type { JsonObject } from '../token/json.ts';
import { readSubject } from '../token/subject-claim.ts';
import { MAX_SHOWN_SUBJECTS } from './limits.ts';
import { otherWorkloads, STRANGER } from './other-workloads.ts';
import { decideAlone } from './recorded-grants.ts';
import type { Surroundings, WholeGrant } from './recorded-grants.ts';

/** The rule as it is and as it would be. */
export interface BothRules {
  readonly today: CompiledIdentity;
  readonly next: CompiledIdentity;
}

/** What today's rule accepts or gives and the next one does not. Grants are given oldest first; there is at least one. */
export function shutOut(rules: BothRules, grants: readonly WholeGrant[], context: Surroundings): readonly string[] {
  const [newest] = grants.slice(-1);
  if (newest === undefined) return [];
  const isShutOut = (claims: JsonObject): boolean => {
    const decided = (rule: CompiledIdentity): boolean =>
      decideAlone(rule, claims, NOTHING_ASKED, newest.time, context) !== null;
    return decided(rules.today) && !decided(rules.next);
  };
  const known = otherWorkloads(rules.today.preset.name, newest.claims)
    .filter(({ claims }) => isShutOut(claims))
    .map(({ who }) => who);
  const named =
    known.length > 0 ? known : strangers(newest.claims, context).filter(isShutOut).map(shownSubject(context));
  return [...new Set(named), ...noLongerGiven(rules.today.identity, rules.next.identity)];
}

/** The token with one segment of its subject changed, and with it the claims that say the same. */
function strangers(claims: JsonObject, { provider }: Surroundings): readonly JsonObject[] {
  const subject = readSubject(claims, provider);
  if (!subject.ok) return [];
  const parts = subject.value.split(/([:/])/);
  return parts.flatMap((part, at) => {
    if (at % 2 === 1 || part === '') return [];
    const changed = parts.with(at, STRANGER).join('');
    const replaced = Object.entries(claims).map(([name, value]) => {
      if (value === subject.value) return [name, changed] as const;
      return [name, value === part ? STRANGER : value] as const;
    });
    return [Object.fromEntries(replaced)];
  });
}

function shownSubject({ provider }: Surroundings): (claims: JsonObject, at: number) => string {
  return (claims, at) => {
    const subject = readSubject(claims, provider);
    return at < MAX_SHOWN_SUBJECTS && subject.ok ? `subjects such as ${subject.value}` : 'others';
  };
}

function noLongerGiven(today: FederatedIdentity, next: FederatedIdentity): readonly string[] {
  const missing = (few: readonly string[], many: readonly string[]): readonly string[] =>
    many.filter((value) => !few.includes(value));
  return [
    ...missing(next.trustedAudiences, today.trustedAudiences).map(
      (audience) => `ID tokens for the audience ${audience}`,
    ),
    ...missing(next.allowedScopes, today.allowedScopes).map((scope) => `the scope ${scope}`),
    ...missing(next.tokenAudiences, today.tokenAudiences).map((audience) => `the audience ${audience}`),
    ...(next.maxTokenLifetime < today.maxTokenLifetime ? [`lifetimes of more than ${next.maxTokenLifetime} s`] : []),
  ];
}
