// `cambist apply`: makes the deployment as a file declares it; changes nothing if a test of the file fails.

import type { Done } from '../apply/execute-plan.ts';
import { FILE, PRUNE } from '../apply/options.ts';
import type { Plan } from '../apply/plan-changes.ts';
import type { CommandBody, CommandContext } from '../command.ts';
import { confirm, YES } from '../confirm.ts';
import { CliFailure } from '../failure.ts';

export const applyCommand: CommandBody = {
  description:
    'Creates and changes identity providers, service accounts, federated identities, roles and bindings until they are as the file declares them. ' +
    'The tests of the file are run first, over what would then be in force; if one fails, nothing is changed. ' +
    'Applying again changes nothing. Changes are confirmed on a terminal; without one they need --yes (`cambist plan` only shows them). ' +
    'The format is in docs/guides/declarative.md.',
  options: [FILE, PRUNE, YES],
  arguments: [],
  examples: ['cambist apply', 'cambist apply -f cambist.yaml --prune --yes'],
  run: apply,
};

const OUTCOMES = { create: 'created', update: 'changed', delete: 'deleted' } as const;

/** Makes the deployment as the file declares it; changes nothing if a test of it fails. */
async function apply(context: CommandContext): Promise<number> {
  const [{ executePlan }, { preparePlan, testsFailed }, { showPlan, showTests, titleOf }] = await Promise.all([
    import('../apply/execute-plan.ts'),
    import('../apply/prepare-plan.ts'),
    import('../apply/show-plan.ts'),
  ]);
  const { output } = context;
  const { api, state, plan, results } = await preparePlan(context);
  if (results.some(({ passed }) => !passed)) {
    showTests(results, output, 'failed');
    throw testsFailed(results, output.isJson);
  }
  showPlan(plan, output);
  showTests(results, output, 'failed');
  const total = plan.changes.length + plan.adoptions.length;
  if (total > 0 && !(await confirm(questionOf(plan), context))) {
    output.line('Nothing was changed.');
    return 1;
  }
  const done: Done[] = [];
  if (total > 0) output.line();
  try {
    await executePlan(plan, state, api, (step) => {
      done.push(step);
      const identity = step.change.kind === 'rule' && step.change.action === 'delete' ? '' : step.identity;
      output.line(
        `${output.paint('green', '✔')} ${titleOf(step.change)}  ${OUTCOMES[step.change.action]}  ${identity}`.trimEnd(),
      );
      for (const { detail } of step.warnings) output.warn(`${step.change.path.join(' / ')}: ${detail}`);
    });
  } catch (error) {
    throw interrupted(error, done.length, total);
  }
  output.data({ changes: done.map(({ change, identity }) => ({ ...change, identity })), tests: results }, () => {
    if (done.length > 0) output.line(`Applied: ${done.length} of ${total}.`);
  });
  return 0;
}

function questionOf({ changes, adoptions }: Plan): string {
  if (changes.length === 0)
    return adoptions.length === 1 ? 'Label this object?' : `Label these ${adoptions.length} objects?`;
  const deletions = changes.filter(({ action }) => action === 'delete').length;
  const one = changes.length === 1 ? 'this change' : `these ${changes.length} changes`;
  return deletions === 0 ? `Make ${one}?` : `Make ${one}, of which ${deletions} delete${deletions === 1 ? 's' : ''}?`;
}

function interrupted(error: unknown, done: number, planned: number): unknown {
  if (!(error instanceof CliFailure)) return error;
  const next = `${done} of ${planned} changes were made. Apply again to go on from there.`;
  return new CliFailure(error.message, {
    ...error.details,
    next: error.details.next === undefined ? next : `${error.details.next}\n${next}`,
  });
}
