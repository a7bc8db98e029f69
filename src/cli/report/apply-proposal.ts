// Applies the proposal of one rule: changes it, or adds the narrower rule beside it as a shadow rule; asks first.

import { shadowRule } from '../../objects/shadow-rule.ts';
import { isIdentifier } from '../../objects/values.ts';
import type { JsonMap } from '../api.ts';
import type { CommandContext } from '../command.ts';
import { confirm } from '../confirm.ts';
import { CliFailure, usageFailure } from '../failure.ts';
import { formatDiff, formatStep } from '../output.ts';
import { membersOf, readReport } from './read-report.ts';

const PATH = '/federated-identities';

/** Applies it; 1 if the person who was asked says no. */
export async function applyProposal(identity: string, context: CommandContext): Promise<number> {
  const { options, output } = context;
  if (!isIdentifier('fid', identity))
    throw usageFailure('--apply wants the id of a federated identity, which `cambist report` shows.');
  const api = await context.api();
  // Read before the report is made: a change in between is noticed by the version.
  const today = await api.get(`${PATH}/${identity}`);
  const [entry] = (await readReport(api, { identity })).identities;
  const proposal = entry?.proposal ?? null;
  if (proposal === null)
    throw new CliFailure(`Nothing is proposed for ${identity}.`, {
      code: 'nothing_proposed',
      next: 'Its recorded grants need all that it gives, or too few were recorded.',
    });
  const members = membersOf(proposal);
  output.line(`${String(today['name'])}  ${identity}`);
  output.line(
    formatDiff(
      Object.entries(members).map(([member, after]) => ({ member, before: today[member], after })),
      output.paint,
    ),
  );
  output.line(`    It would still grant ${proposal.wouldStillGrant} recorded grants.`);
  if (proposal.wouldNoLongerGrant.length > 0)
    output.line(`    It no longer lets in: ${proposal.wouldNoLongerGrant.join(', ')}.`);
  const isShadow = options.flag('shadow');
  const question = isShadow ? 'Add the narrower rule as a shadow rule?' : 'Change the rule?';
  if (!(await confirm(question, context))) {
    output.line('Nothing was changed.');
    return 1;
  }
  const written = isShadow
    ? await api.post(PATH, shadowRule(today, { ...members }))
    : await api.patch(`${PATH}/${identity}`, members, Number(today['objectVersion']));
  warnOf(written, context);
  const done = isShadow ? 'added as shadow' : 'changed';
  output.data(written, () => {
    output.line(formatStep(output.paint('green', '✔'), 'Federated identity', done, String(written['identity'])));
    if (isShadow)
      output.line(`Compare them in a week: cambist audit --outcome shadow --identity ${String(written['identity'])}`);
  });
  return 0;
}

function warnOf({ warnings }: JsonMap, { output }: CommandContext): void {
  if (!Array.isArray(warnings)) return;
  for (const { detail } of warnings as readonly { readonly detail: string }[]) output.warn(detail);
}
