// `cambist bootstrap`: parameters, look-ups, plan, changes, check and configuration, in this order; each part does its own work.

import type { FederatedIdentityView } from '../../objects/federated-identity.ts';
import type { Recipe } from '../../platforms/recipe.ts';
import type { CommandContext } from '../command.ts';
import { confirm } from '../confirm.ts';
import { usageFailure } from '../failure.ts';
import { formatPairs } from '../output.ts';
import { showChange } from './show-change.ts';
import type { Change } from './show-change.ts';
import { renderConfiguration } from './render-configuration.ts';
import { proposeRule } from './propose-rule.ts';
import type { Plan, BootstrapOptions } from './build-plan.ts';
import { applyPlan } from './apply-plan.ts';
import { readRealToken } from './read-token.ts';
import { undoPlan } from './undo-plan.ts';
import { checkRule } from './check-rule.ts';
import type { Check } from './check-rule.ts';

/** Runs the command of one platform; 1 where the rule does not do what it should, or differs from what was asked for. */
export async function runBootstrap(recipe: Recipe, context: CommandContext): Promise<number> {
  const { options, output, world } = context;
  const isDryRun = options.flag('dry-run');
  const api = await context.api();
  const file = options.text('from-token');
  const real = file === undefined ? null : await readRealToken(file, world);
  const asked = readOptions(context, api.url);
  const { plan, notes, warnings } = await proposeRule(recipe, { options, world }, asked, real);

  if (options.flag('undo')) {
    if (!isDryRun && !(await mayUndo(await undoPlan(api, plan, true), context))) {
      output.line('Nothing was deleted.');
      return 1;
    }
    const changes = await undoPlan(api, plan, isDryRun);
    output.data({ key: plan.key, dryRun: isDryRun, changes }, () => {
      for (const change of changes) showChange(change, output);
    });
    return 0;
  }

  showRule(plan, notes, warnings, context);
  const {
    changes,
    account,
    identity,
    warnings: fromService,
  } = await applyPlan(api, plan, asked, {
    isDryRun,
    mayUpdate: options.flag('update'),
  });
  const said = fromService.filter(({ code }) => !SAID_ALREADY.has(code));
  showChanges(plan, changes, said, context);

  const checks = identity === null ? null : await checkRule(api, plan, identity.identity, real);
  showChecks(checks, identity, context);
  const configuration = account === null ? null : renderConfiguration(recipe, plan, api.url, account.identity);
  if (configuration !== null && !isDryRun) {
    output.line();
    output.line(output.paint('bold', configuration.file));
    output.line(configuration.text.trimEnd().split('\n'));
  }
  output.data(
    {
      key: plan.key,
      dryRun: isDryRun,
      who: plan.who,
      rule: plan.identity,
      changes,
      warnings: [...warnings, ...said.map(({ detail }) => detail)],
      notes,
      checks,
      configuration,
    },
    () => {},
  );
  const differs = changes.some(({ outcome }) => outcome === 'differs');
  const fails = checks?.some(isWrong) ?? false;
  return differs || fails ? 1 : 0;
}

/** Shows what `--undo` would delete, and asks; a person who said `--yes` has nothing to look at. */
async function mayUndo(planned: readonly Change[], context: CommandContext): Promise<boolean> {
  const deletions = planned.filter(({ outcome }) => outcome === 'would be deleted').length;
  if (deletions === 0) return true;
  if (!context.options.flag('yes')) for (const change of planned) showChange(change, context.output);
  return await confirm(deletions === 1 ? 'Delete this object?' : `Delete these ${deletions} objects?`, context);
}

const THIS_TOKEN = 'this token';
/** What makes the rule wrong for the token that it was made from; its audience, age and signature are another matter. */
const RULE_CHECKS: ReadonlySet<string> = new Set(['subject', 'condition', 'expression', 'preset']);
/** Warnings of the service that a bootstrap says in its own words, before it writes. */
const SAID_ALREADY: ReadonlySet<string> = new Set(['github_name_only', 'pull_request_subject']);

function isWrong({ who, expected, decision, reasons }: Check): boolean {
  if (expected === 'refused' || decision === 'granted') return false;
  return who !== THIS_TOKEN || reasons.some(({ check }) => RULE_CHECKS.has(check));
}

function readOptions({ options }: CommandContext, url: string): BootstrapOptions {
  const conditions: Record<string, string> = {};
  for (const condition of options.list('condition')) {
    const at = condition.indexOf('=');
    if (at < 1) throw usageFailure(`--condition is claim=value, not ${JSON.stringify(condition)}.`);
    conditions[condition.slice(0, at)] = condition.slice(at + 1);
  }
  const audience = options.text('audience');
  // It is printed into scripts.
  if (audience !== undefined && !/^[\w:/.@~%+=,-]+$/.test(audience))
    throw usageFailure(
      `--audience must be a URL or a name without spaces and quotes, not ${JSON.stringify(audience)}.`,
    );
  return {
    url,
    account: options.text('service-account'),
    audience,
    role: options.text('role'),
    projects: options.list('project-scope'),
    scopes: options.list('scope').flatMap((scope) => scope.split(/[\s,]+/).filter((one) => one !== '')),
    tokenAudiences: options.list('token-audience'),
    lifetime: options.wholeNumber('lifetime', 60),
    expiresAt: options.text('expires-at'),
    singleUse: options.flag('single-use'),
    conditions,
  };
}

function showRule(plan: Plan, notes: readonly string[], warnings: readonly string[], { output }: CommandContext): void {
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

function showChanges(
  plan: Plan,
  changes: readonly Change[],
  warnings: readonly { readonly detail: string }[],
  { output }: CommandContext,
): void {
  for (const change of changes) showChange(change, output);
  for (const { detail } of warnings) output.line(`${output.paint('yellow', '⚠')} ${detail}`);
  if (changes.some(({ outcome }) => outcome === 'differs'))
    output.line('  What differs was left as it is: run this again with --update to change it.');
  output.line(`  key ${plan.key}: the same command finds all of it again, and with --undo takes it back`);
}

function showChecks(
  checks: readonly Check[] | null,
  identity: FederatedIdentityView | null,
  { output }: CommandContext,
): void {
  output.line();
  if (identity === null) return output.line('Not checked: nothing was written.');
  if (checks === null)
    return output.line(
      'Not checked: this deployment has no /v1/federated-identities/explain. Try a real token before you rely on it.',
    );
  output.line('Checked against the rule as it is now:');
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
