// Asks the service what it makes of claims like the rule's own and of its neighbours', and of the real token if there is one.

import type { ExplanationView } from '../../objects/explanation.ts';
import type { Api } from '../api.ts';
import { CliFailure } from '../failure.ts';
import type { Plan } from './build-plan.ts';
import type { RealToken } from './read-token.ts';

export interface Check {
  readonly who: string;
  readonly expected: 'granted' | 'refused';
  readonly decision: 'granted' | 'refused';
  /** The checks that failed, and what would help. */
  readonly reasons: readonly { readonly check: string; readonly claim: string | null; readonly hint: string | null }[];
  readonly detail: string | null;
  /** False if the rule is not what was wrong: the token's age, its audience or its signature. */
  readonly isOfRule: boolean;
}

/** Who the token of `--from-token` is. */
export const THIS_TOKEN = 'this token';
/** Checks that a rule can fail a token by that is meant. */
const RULE_CHECKS: ReadonlySet<string> = new Set(['subject', 'condition', 'expression', 'preset']);

/** True if somebody who is meant is kept out by the rule. */
export function keepsOut({ who, expected, decision, isOfRule }: Check): boolean {
  return expected === 'granted' && decision === 'refused' && (who !== THIS_TOKEN || isOfRule);
}

/** True if a neighbour gets in that nobody said may. */
export function letsIn({ who, expected, decision }: Check, allowed: readonly string[]): boolean {
  return expected === 'refused' && decision === 'granted' && !allowed.includes(who);
}

/** Null if the deployment cannot explain yet. */
export async function checkRule(
  api: Api,
  plan: Plan,
  federatedIdentity: string,
  real: RealToken | null,
): Promise<readonly Check[] | null> {
  const ask = async (who: string, expected: Check['expected'], subject: object): Promise<Check> => {
    const answer = await api.post<ExplanationView>(
      '/federated-identities/explain',
      { ...subject, federatedIdentity },
      true,
    );
    const checks = answer.identities.find(({ identity }) => identity === federatedIdentity)?.checks ?? [];
    const failed = checks.filter(({ ok }) => ok === false);
    return {
      who,
      expected,
      decision: answer.decision,
      reasons: failed.map(({ check, claim, hint }) => ({ check, claim, hint })),
      detail: answer.detail,
      isOfRule: failed.some(({ check }) => RULE_CHECKS.has(check)),
    };
  };
  try {
    const checks: Check[] = [];
    if (real !== null) checks.push(await ask(THIS_TOKEN, 'granted', { subjectToken: real.compact }));
    checks.push(await ask(plan.sample.who, 'granted', { claims: plan.sample.claims }));
    for (const { who, claims } of plan.neighbours) checks.push(await ask(who, 'refused', { claims }));
    return checks;
  } catch (error) {
    // An older deployment has no such route.
    if (error instanceof CliFailure && (error.details.status === 404 || error.details.status === 405)) return null;
    throw error;
  }
}
