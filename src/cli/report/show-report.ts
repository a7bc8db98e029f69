// The trust report for a person: what is most worth doing first, each rule with what is said of it and the command that mends it.

import type { FindingCode, IdentityTrustView, TrustProposal, TrustReportView } from '../../objects/trust-report.ts';
import type { Output } from '../output.ts';
import { formatPairs, textOf } from '../output.ts';
import { membersOf } from './read-report.ts';

/** What a finding weighs: a rule that lets others in, then one that is there for nothing, then what is given without need. */
const WEIGHTS: Readonly<Record<FindingCode, number>> = {
  over_broad: 8,
  never_matched: 7,
  unused: 7,
  shadowed: 6,
  excess_scope: 4,
  excess_audience: 3,
  excess_lifetime: 2,
};
/** Findings that say that a rule can go. */
const NEEDLESS: readonly FindingCode[] = ['never_matched', 'unused', 'shadowed'];

/** Prints every rule that something is said of, and how many others there are. */
export function showReport({ generatedAt, identities }: TrustReportView, output: Output): void {
  const worth = identities
    .filter(({ findings, proposal }) => findings.length > 0 || proposal !== null)
    .toSorted((one, other) => weightOf(other) - weightOf(one));
  for (const identity of worth) showIdentity(identity, output);
  const needless = identities.filter(isNeedless).length;
  const narrower = identities.filter(({ proposal }) => proposal !== null).length;
  output.line(
    `${generatedAt}: of ${plural(identities.length, 'rule')}, ${needless} can go and ${narrower} can be narrower.`,
  );
  if (worth.length === 0) output.line('Nothing is said against any of them.');
}

function weightOf({ findings, proposal }: IdentityTrustView): number {
  const codes = new Set(findings.map(({ code }) => code));
  return [...codes].reduce((sum, code) => sum + WEIGHTS[code], proposal === null ? 0 : 1);
}

function isNeedless({ findings }: IdentityTrustView): boolean {
  return findings.some(({ code }) => NEEDLESS.includes(code));
}

function showIdentity(identity: IdentityTrustView, output: Output): void {
  const { name, serviceAccount, mode, status, lastUsedAt, grants90d, complete, findings, proposal } = identity;
  const state = [...(mode === 'enforce' ? [] : [mode]), ...(status === 'active' ? [] : [status])];
  output.line(
    `${output.paint('bold', name)}  of ${serviceAccount.slug}  ${output.paint('dim', identity.identity)}${state.length === 0 ? '' : `  ${state.join(', ')}`}`,
  );
  const grants = `${complete ? '' : 'at least '}${plural(grants90d, mode === 'shadow' ? 'would-be grant' : 'grant')}`;
  output.line(`    ${grants} in 90 days; ${lastUsedAt === null ? 'never used' : `last used ${lastUsedAt}`}`);
  for (const { code, detail } of findings) output.line(`    ${output.paint('yellow', code)}  ${detail}`);
  if (proposal !== null) showProposal(proposal, grants90d, output);
  for (const command of commandsFor(identity)) output.line(output.paint('dim', `    → ${command}`));
  output.line();
}

function showProposal(proposal: TrustProposal, grants: number, output: Output): void {
  output.line('    What the grants need:');
  const members = Object.entries(membersOf(proposal)).map(([name, value]) => [name, textOf(value)] as const);
  output.line(formatPairs(members).map((line) => `        ${line}`));
  const { wouldStillGrant, wouldNoLongerGrant, alreadyRefused, notTried } = proposal;
  const rest = [
    ...(alreadyRefused === 0 ? [] : [`${alreadyRefused} the rule refuses today already`]),
    ...(notTried === 0 ? [] : [`${notTried} could not be tried, since not all was kept`]),
  ];
  output.line(
    `    It would still grant ${wouldStillGrant} of ${grants}${rest.length === 0 ? '' : ` (${rest.join(', ')})`}.`,
  );
  if (wouldNoLongerGrant.length > 0) output.line(`    It no longer lets in: ${wouldNoLongerGrant.join(', ')}.`);
}

function commandsFor(identity: IdentityTrustView): readonly string[] {
  const codes = identity.findings.map(({ code }) => code);
  if (isNeedless(identity)) {
    // Which of two rules is the one too many, only a person knows: the wider one, if this one is enough.
    const other = codes.includes('never_matched') || codes.includes('unused') ? '' : '  (or the wider rule)';
    return [`cambist identities delete ${identity.identity}${other}`];
  }
  if (identity.proposal === null) return [];
  const apply = `cambist report --apply ${identity.identity}`;
  return [`${apply} --shadow`, apply];
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
