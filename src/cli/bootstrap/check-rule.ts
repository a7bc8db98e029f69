// Asks the service what it makes of claims like the rule's own and of its neighbours', and of the real token if there is one.

import type { ExplanationView } from '../../objects/explanation.ts';
import { THIS_TOKEN } from '../../bootstrap/check.ts';
import type { Check } from '../../bootstrap/check.ts';
import type { Api } from '../api.ts';
import { CliFailure } from '../failure.ts';
import type { Plan } from '../../bootstrap/build-plan.ts';
import type { RealToken } from './read-token.ts';

/** Checks that a rule can fail a token by that is meant. */
const RULE_CHECKS: ReadonlySet<string> = new Set(['subject', 'condition', 'expression', 'preset']);

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
