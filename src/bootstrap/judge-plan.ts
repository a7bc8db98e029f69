// Judges a proposed rule before anything is written, offline and with the service's own rules: who gets in, and who is kept out.

import { validateConditions } from '../rules/conditions.ts';
import type { JsonObject } from '../token/json.ts';
import { judgeClaims } from '../exchange/decide-written.ts';
import type { WrittenConfiguration } from '../exchange/written-configuration.ts';
import { PlatformFailure } from '../platforms/failure.ts';
import type { Plan } from './build-plan.ts';
import { THIS_TOKEN } from './check.ts';
import type { Check } from './check.ts';

/** What makes a rule wrong for a token that is meant; the token's audience and age are another matter. */
const RULE_REASONS: ReadonlySet<string> = new Set([
  'subject_missing',
  'subject_mismatch',
  'condition_failed',
  'preset_refused',
  'tenant_missing',
  'rule_invalid',
]);

/** The checks of a plan. `now` is in epoch seconds. Throws a PlatformFailure if a condition cannot be written. */
export function judgePlan(
  plan: Plan,
  url: string,
  real: { readonly claims: JsonObject } | null,
  now: number,
): readonly Check[] {
  const [fault] = validateConditions(plan.identity.conditions);
  if (fault !== undefined) throw new PlatformFailure(`The condition ${fault.pointer} ${fault.detail}.`);
  const configuration = configurationOf(plan, url);
  const judge = (who: string, expected: Check['expected'], claims: JsonObject): Check => {
    const verdict = judgeClaims(configuration, {
      claims,
      serviceAccount: plan.accountName,
      scope: null,
      audiences: [],
      project: null,
      now,
    });
    if (verdict.allowed) return { who, expected, decision: 'granted', reasons: [], detail: null, isOfRule: true };
    const { reason, detail } = verdict;
    // There is one candidate: which one it is need not be said.
    const named = `(${plan.identity.name}): `;
    const why = detail.includes(named) ? detail.slice(detail.indexOf(named) + named.length) : detail;
    return { who, expected, decision: 'refused', reasons: [], detail: why, isOfRule: RULE_REASONS.has(reason) };
  };
  const own = real === null ? [] : [judge(THIS_TOKEN, 'granted', real.claims)];
  return [
    // What else is wrong with the token, such as its audience, is said elsewhere.
    ...own.filter(({ decision, isOfRule }) => decision === 'granted' || isOfRule),
    judge(plan.sample.who, 'granted', plan.sample.claims),
    ...plan.neighbours.map(({ who, claims }) => judge(who, 'refused', claims)),
  ];
}

function configurationOf({ provider, identity, accountName }: Plan, url: string): WrittenConfiguration {
  return {
    issuerUrl: url,
    defaultAudience: url,
    providers: [provider],
    serviceAccounts: [{ name: accountName }],
    identities: [{ ...identity, serviceAccount: accountName, provider: provider.name }],
    bindings: [],
  };
}
