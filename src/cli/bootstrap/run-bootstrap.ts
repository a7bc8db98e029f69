// `cambist bootstrap`: parameters, look-ups, plan, judgement, changes, check and configuration, in this order; each part does its own work.

import { keepsOut, letsIn } from '../../bootstrap/check.ts';
import type { Check } from '../../bootstrap/check.ts';
import type { Recipe } from '../../platforms/recipe.ts';
import type { Api } from '../api.ts';
import type { CommandContext } from '../command.ts';
import { confirm } from '../confirm.ts';
import { applyPlan } from './apply-plan.ts';
import type { BootstrapOptions, Plan } from '../../bootstrap/build-plan.ts';
import { checkRule } from './check-rule.ts';
import { epochSeconds } from '../clock.ts';
import { asUsage } from './given-parameters.ts';
import { fileGiver, NO_FILES } from './give-files.ts';
import type { FileGiver } from './give-files.ts';
import { judgePlan } from '../../bootstrap/judge-plan.ts';
import { proposeRule } from './propose-rule.ts';
import type { ProposedRule } from './propose-rule.ts';
import { readOptions } from './read-options.ts';
import { readRealToken } from './read-token.ts';
import type { RealToken } from './read-token.ts';
import { showChange } from './show-change.ts';
import type { Change } from './show-change.ts';
import { showChanges, showChecks, showRule } from './show-plan.ts';
import { findOthers, undoPlan } from './undo-plan.ts';
import { withdrawPlan } from './withdraw-plan.ts';

/** Runs the command of one platform; 1 if the rule does not do what it should, or differs from what was asked for. */
export async function runBootstrap(recipe: Recipe, context: CommandContext): Promise<number> {
  const { options, world } = context;
  const api = await context.api();
  const file = options.text('from-token');
  const real = file === undefined ? null : await readRealToken(file, world);
  const asked = readOptions(options, api.url);
  const proposed = await proposeRule(recipe, { options, world }, asked, real);
  if (options.flag('undo')) return await runUndo(api, proposed.plan, context);
  const files = await fileGiver(recipe, options);
  return await runPlan(api, { ...proposed, advice: recipe.advice ?? {}, asked, real, files }, context);
}

const BEFORE = 'Checked before anything is written:';

interface Task extends ProposedRule {
  /** What to do if a condition on the claim keeps somebody out. */
  readonly advice: Readonly<Record<string, string>>;
  readonly asked: BootstrapOptions;
  readonly real: RealToken | null;
  readonly files: FileGiver;
}

async function runPlan(api: Api, task: Task, { options, output }: CommandContext): Promise<number> {
  const { plan, notes, warnings, asked, real } = task;
  const isDryRun = options.flag('dry-run');
  const report = { key: plan.key, dryRun: isDryRun, who: plan.who, rule: plan.identity, notes };
  const judged = asUsage(() => judgePlan(plan, api.url, real, epochSeconds()));
  showRule(plan, notes, warnings, output);
  if (isWrong(judged, asked)) {
    showChecks(BEFORE, judged, output);
    output.line(`${output.paint('red', '✖')} Nothing was written. ${adviceAbout(judged, task)}`);
    output.data({ ...report, changes: [], warnings, checks: judged, ...NO_FILES }, () => {});
    return 1;
  }

  const mode = { isDryRun, mayUpdate: options.flag('update') };
  const { changes, account, identity, warnings: fromService } = await applyPlan(api, plan, asked, mode);
  const said = fromService.filter(({ code }) => !plan.saidAlready.has(code));
  showChanges(plan, changes, said, output);

  const checks = identity === null ? judged : await checkRule(api, plan, identity.identity, real);
  if (checks === null) {
    output.line();
    output.line(
      'Not checked: this deployment has no /v1/federated-identities/explain. Try a real token before you rely on it.',
    );
  } else showChecks(identity === null ? BEFORE : 'Checked against the rule as it is now:', checks, output);
  const strangers = (checks ?? []).filter((check) => letsIn(check, asked.allowedNeighbours));
  const withdrawn = strangers.length > 0 && !isDryRun ? await withdrawPlan(api, changes) : [];
  for (const change of withdrawn) showChange(change, output);
  if (strangers.length > 0) output.line(`${output.paint('red', '✖')} ${adviceAbout(strangers, task)}`);

  const isKept = account !== null && strangers.length === 0;
  const files = isKept ? task.files.render(plan, api.url, account.identity) : NO_FILES;
  if (isKept && !isDryRun) await task.files.give(files, output);
  const all = [...warnings, ...said.map(({ detail }) => detail)];
  output.data({ ...report, changes: [...changes, ...withdrawn], warnings: all, checks, ...files }, () => {});
  const differs = changes.some(({ outcome }) => outcome === 'differs');
  return differs || isWrong(checks ?? [], asked) ? 1 : 0;
}

function isWrong(checks: readonly Check[], { allowedNeighbours }: BootstrapOptions): boolean {
  return checks.some((check) => keepsOut(check) || letsIn(check, allowedNeighbours));
}

function adviceAbout(checks: readonly Check[], { asked, plan, real, advice }: Task): string {
  const strangers = checks.filter((check) => letsIn(check, asked.allowedNeighbours)).map(({ who }) => who);
  if (strangers.length === 0) {
    const failing = Object.entries(plan.identity.conditions ?? {})
      .filter(([claim, wanted]) => real !== null && typeof wanted === 'string' && real.claims[claim] !== wanted)
      .flatMap(([claim]) => advice[claim] ?? []);
    return ['The rule would not accept what it is meant for.', ...failing].join(' ');
  }
  return (
    `The rule lets in whom nobody named: ${strangers.join(', ')}. Narrow it, for example with --condition, ` +
    `or say that they may: ${strangers.map((who) => `--allow-neighbour ${JSON.stringify(who)}`).join(' ')}.`
  );
}

async function runUndo(api: Api, plan: Plan, context: CommandContext): Promise<number> {
  const { options, output } = context;
  const isDryRun = options.flag('dry-run');
  if (!isDryRun && !(await mayUndo(await undoPlan(api, plan, true), context))) {
    output.line('Nothing was deleted.');
    return 1;
  }
  const changes = await undoPlan(api, plan, isDryRun);
  const others = changes.some(({ outcome }) => outcome === 'not found') ? await findOthers(api, plan) : [];
  output.data({ key: plan.key, dryRun: isDryRun, changes, others }, () => {
    for (const change of changes) showChange(change, output);
    for (const { identity, name, serviceAccount, next } of others)
      output.line([
        `  ${identity} (${name}) was made by another bootstrap; it acts as ${serviceAccount}:`,
        `    ${next}`,
      ]);
  });
  return 0;
}

/** Shows what `--undo` would delete, and asks; a person who said `--yes` has nothing to look at. */
async function mayUndo(planned: readonly Change[], context: CommandContext): Promise<boolean> {
  const deletions = planned.filter(({ outcome }) => outcome === 'would be deleted').length;
  if (deletions === 0) return true;
  if (!context.options.flag('yes')) for (const change of planned) showChange(change, context.output);
  return await confirm(deletions === 1 ? 'Delete this object?' : `Delete these ${deletions} objects?`, context);
}
