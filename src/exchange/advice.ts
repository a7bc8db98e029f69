// What an operator should change if no rule accepts a token: whose rule would have, and what the request named wrongly.

import type { ServiceAccount } from '../objects/service-account.ts';
import type { Denial } from './denial.ts';
import type { ExplainedIdentity } from './explained-rules.ts';
import { MAX_NAMED_RULES, MAX_QUOTED_NAME_CHARS } from './limits.ts';
import type { ExchangeFacts } from './ports.ts';
import type { Asked } from './request.ts';

/** What is known beyond the account's own rules, all of the organisation of whoever asks. */
export interface Surroundings {
  readonly asked: Asked;
  readonly facts: Pick<ExchangeFacts, 'organisation' | 'serviceAccount'>;
  /** The account of this organisation that has the id or slug which was sent. */
  readonly account: Pick<ServiceAccount, 'id' | 'slug'> | null;
  /** Rules of the issuer that the exchange did not consider. */
  readonly neighbours: readonly ExplainedIdentity[];
}

/** Sentences for the operator; none if the denial is about something else. */
export function adviceOf(denied: Denial, { asked, facts, account, neighbours }: Surroundings): readonly string[] {
  if (denied.about !== 'token') return [];
  return [
    ...organisationAdvice(asked, facts),
    ...accountAdvice(asked, facts, account),
    ...neighbours
      .filter(({ matched, identity }) => matched && identity.mode === 'enforce')
      .slice(0, MAX_NAMED_RULES)
      .map(
        ({ identity: { id, name, serviceAccount } }) =>
          `the rule ${name} (${id}) of the service account ${serviceAccount.slug} accepts this token: send service_account_id=${serviceAccount.id}`,
      ),
  ];
}

function organisationAdvice({ organisation }: Asked, facts: Surroundings['facts']): string[] {
  if (organisation === null) return [];
  const named = shown(organisation);
  return facts.organisation === null
    ? [`the request asks for the organisation ${named}, which does not exist: leave organisation_id out, or correct it`]
    : [`the request asks for the organisation ${named}, which is the one that decided`];
}

function accountAdvice(
  { serviceAccount, organisation }: Asked,
  facts: Surroundings['facts'],
  account: Surroundings['account'],
): string[] {
  if (serviceAccount === null || facts.serviceAccount !== null) return [];
  const named = shown(serviceAccount);
  if (account === null) return [`there is no service account ${named} in this organisation`];
  if (organisation === null) {
    return [
      `${named} is the slug of the service account ${account.id}: send that id, or organisation_id beside the slug`,
    ];
  }
  return facts.organisation === null
    ? [`the service account ${named} (${account.id}) exists in this organisation`]
    : [];
}

function shown(name: string): string {
  return name.slice(0, MAX_QUOTED_NAME_CHARS);
}
