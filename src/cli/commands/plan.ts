// `cambist plan`: shows what apply would do; changes nothing.

import { FILE, PRUNE } from '../apply/options.ts';
import type { CommandBody, CommandContext } from '../command.ts';

export const planCommand: CommandBody = {
  description:
    'Compares the file with the deployment, shows the difference and runs the tests of the file; changes nothing. Exits 1 if a test fails.',
  options: [FILE, PRUNE, { flags: '--exit-code', description: 'exit 1 if there is something to change' }],
  arguments: [],
  examples: ['cambist plan', 'cambist plan -f cambist.yaml --prune --exit-code'],
  run: plan,
};

/** Shows what apply would do; with `--exit-code`, 1 if there is something. */
async function plan(context: CommandContext): Promise<number> {
  const [{ preparePlan }, { planJson, showPlan, showTests }] = await Promise.all([
    import('../apply/prepare-plan.ts'),
    import('../apply/show-plan.ts'),
  ]);
  const { output, options } = context;
  const { plan: changes, results } = await preparePlan(context);
  const failed = results.filter(({ passed }) => !passed);
  output.data({ ...planJson(changes), tests: results }, () => {
    showPlan(changes, output);
    showTests(results, output, 'failed');
  });
  return failed.length > 0 || (options.flag('exit-code') && changes.changes.length > 0) ? 1 : 0;
}
