// Shows a bootstrap to a person: the rule, what was done, and who gets in.

import { formatPairs } from '../output.ts';
import type { Output } from '../output.ts';
import type { Plan } from '../../bootstrap/build-plan.ts';
import type { Check } from '../../bootstrap/check.ts';
import { showChange } from './show-change.ts';
import type { Change } from './show-change.ts';

/** Shows the rule that is proposed. */
export function showRule(plan: Plan, notes: readonly string[], warnings: readonly string[], output: Output): void {
  const { providerSubject, providerSubjectMatch, conditions, allowedScopes = [] } = plan.identity;
  output.line(output.paint('bold', `Trust ${plan.who}`));
  output.line(
    formatPairs([
      ['  issuer', plan.provider.providerIssuer],
      ['  subject', `${providerSubject}${providerSubjectMatch === 'glob' ? '  (pattern)' : ''}`],
      ['  audience', plan.audience],
      ...Object.entries(conditions ?? {}).map(
        ([claim, value]) => ['  condition', `${claim} = ${JSON.stringify(value)}`] as const,
      ),
      ['  scopes', allowedScopes.length === 0 ? '(none: tokens carry roles only)' : allowedScopes.join(' ')],
    ]),
  );
  for (const note of notes) output.line(`  ${output.paint('dim', note)}`);
  for (const warning of warnings) output.line(`${output.paint('yellow', '⚠')} ${warning}`);
  output.line();
}

/** Shows what was done, and what the service warned about. */
export function showChanges(
  plan: Plan,
  changes: readonly Change[],
  warnings: readonly { readonly detail: string }[],
  output: Output,
): void {
  for (const change of changes) showChange(change, output);
  for (const { detail } of warnings) output.line(`${output.paint('yellow', '⚠')} ${detail}`);
  if (changes.some(({ outcome }) => outcome === 'differs'))
    output.line('  What differs was left as it is: run this again with --update to change it.');
  output.line(`  key ${plan.key}: the same command finds all of it again, and with --undo takes it back`);
}

/** Shows who gets in and who is kept out. */
export function showChecks(title: string, checks: readonly Check[], output: Output): void {
  output.line();
  output.line(title);
  for (const { who, expected, decision, reasons, detail } of checks) {
    const isRight = expected === decision;
    const mark = isRight
      ? output.paint('green', '✔')
      : output.paint(expected === 'granted' ? 'red' : 'yellow', expected === 'granted' ? '✖' : '⚠');
    output.line(`${mark} ${decision === 'granted' ? 'gets in ' : 'kept out'}  ${who}`);
    if (isRight) continue;
    for (const { check, claim, hint } of reasons)
      output.line(`    ${check}${claim === null ? '' : ` (${claim})`}${hint === null ? '' : `: ${hint}`}`);
    if (reasons.length === 0 && detail !== null) output.line(`    ${detail}`);
  }
}
