// The work of `cambist apply`, `plan` and `test`.

import { epochSeconds } from '../clock.ts';
import type { CommandContext } from '../command.ts';
import { confirm } from '../confirm.ts';
import { CliFailure } from '../failure.ts';
import type { Declaration } from './declaration.ts';
import { executePlan } from './execute.ts';
import type { Done } from './execute.ts';
import { loadDeclaration } from './load.ts';
import { preparePlan, testsFailed } from './prepare.ts';
import { runTests } from './run-tests.ts';
import { planJson, showPlan, showTests, titleOf } from './show-plan.ts';
import { declaredWorld } from './world.ts';

const OUTCOMES = { create: 'created', update: 'changed', delete: 'deleted' } as const;

/** Shows what apply would do; with `--exit-code`, 1 where there is something. */
export async function runPlan(context: CommandContext): Promise<number> {
  const { output, options } = context;
  const { plan, results } = await preparePlan(context);
  const failed = results.filter(({ passed }) => !passed);
  output.data({ ...planJson(plan), tests: results }, () => {
    showPlan(plan, output);
    showTests(results, output, 'failed');
  });
  return failed.length > 0 || (options.flag('exit-code') && plan.changes.length > 0) ? 1 : 0;
}

/** Makes the deployment as the file declares it; changes nothing where a test of it fails. */
export async function runApply(context: CommandContext): Promise<number> {
  const { output } = context;
  const { api, state, plan, results } = await preparePlan(context);
  if (results.some(({ passed }) => !passed)) {
    showTests(results, output, 'failed');
    throw testsFailed(results, output.isJson);
  }
  showPlan(plan, output);
  showTests(results, output, 'failed');
  const deletions = plan.changes.filter(({ action }) => action === 'delete').length;
  if (deletions > 0 && !(await confirm(`Delete ${deletions}?`, context))) {
    output.line('Nothing was changed.');
    return 1;
  }
  const done: Done[] = [];
  if (plan.changes.length > 0) output.line();
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
    throw interrupted(error, done.length, plan.changes.length);
  }
  output.data({ changes: done.map(({ change, identity }) => ({ ...change, identity })), tests: results }, () => {
    if (done.length > 0) output.line(`Applied: ${done.length} of ${plan.changes.length}.`);
  });
  return 0;
}

function interrupted(error: unknown, done: number, planned: number): unknown {
  if (!(error instanceof CliFailure)) return error;
  const next = `${done} of ${planned} changes were made. Apply again to go on from there.`;
  return new CliFailure(error.message, {
    ...error.details,
    next: error.details.next === undefined ? next : `${error.details.next}\n${next}`,
  });
}

/** Runs the tests of the file over the file alone. */
export async function runOfflineTests(context: CommandContext): Promise<number> {
  const { output, settings } = context;
  const { declaration, fail } = await loadDeclaration(context);
  const faults = outsideReferences(declaration);
  if (faults.length > 0) throw fail(faults);
  const issuerUrl = declaration.deployment ?? (settings.hasUrl() ? settings.url() : null);
  if (issuerUrl === null) {
    throw new CliFailure(
      'For which deployment? The file has no `deployment`, and neither --url nor CAMBIST_URL is set.',
      {
        code: 'missing_setting',
        exitCode: 2,
        next: 'Its ISSUER_URL is the audience that a rule without trustedAudiences trusts.',
      },
    );
  }
  const results = runTests(declaration.tests, declaredWorld(declaration, issuerUrl), epochSeconds());
  output.data({ tests: results }, () => {
    showTests(results, output, 'all');
    if (results.length === 0) output.line('The file is sound. It has no tests.');
  });
  return results.every(({ passed }) => passed) ? 0 : 1;
}

/** What only the deployment has cannot be judged without it. */
function outsideReferences({ objects }: Declaration): { place: (string | number)[]; detail: string }[] {
  return objects.flatMap(({ kind, refersTo, place }) => {
    const wanted = kind === 'identity' ? 'provider' : 'serviceAccount';
    if (refersTo === null || objects.some((object) => object.kind === wanted && object.name === refersTo)) return [];
    return [
      { place: [...place, wanted], detail: `${refersTo} is not declared here: only plan and apply can look it up` },
    ];
  });
}
