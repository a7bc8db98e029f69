// Asks the service what it makes of claims like the rule's own and of its neighbours', and of the real token where there is one.

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
}

/** Null where the deployment cannot explain yet. */
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
    return {
      who,
      expected,
      decision: answer.decision,
      reasons: checks.filter(({ ok }) => ok === false).map(({ check, claim, hint }) => ({ check, claim, hint })),
      detail: answer.detail,
    };
  };
  try {
    const checks: Check[] = [];
    if (real !== null) checks.push(await ask('this token', 'granted', { subjectToken: real.compact }));
    checks.push(await ask(plan.sample.who, 'granted', { claims: plan.sample.claims }));
    for (const { who, claims } of plan.neighbours) checks.push(await ask(who, 'refused', { claims }));
    return checks;
  } catch (error) {
    // An older deployment has no such route.
    if (error instanceof CliFailure && (error.details.status === 404 || error.details.status === 405)) return null;
    throw error;
  }
}
