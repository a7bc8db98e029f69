// Reads the whole trust report, page by page; changes nothing.

import type { IdentityTrustView, TrustProposal, TrustReportView } from '../../objects/trust-report.ts';
import { PROPOSED_MEMBERS } from '../../objects/trust-report.ts';
import type { ProposedMembers } from '../../objects/trust-report.ts';
import type { Api, Query } from '../api.ts';

/** The report of all pages, of the time of the first. */
export async function readReport(api: Api, query: Query): Promise<TrustReportView> {
  const identities: IdentityTrustView[] = [];
  let generatedAt: string | null = null;
  for await (const page of api.pages<TrustReportView>('/reports/trust', query)) {
    generatedAt ??= page.generatedAt;
    identities.push(...page.identities);
  }
  return { generatedAt: generatedAt ?? '', identities };
}

/** The members that a proposal changes, as an update writes them. */
export function membersOf(proposal: TrustProposal): ProposedMembers {
  const named = PROPOSED_MEMBERS.filter((name) => proposal[name] !== undefined);
  return Object.fromEntries(named.map((name) => [name, proposal[name]]));
}
