// What plan and apply do alike: read the file and the deployment, compare them, and run the tests over what would be.

import { isJsonObject } from '../../token/json.ts';
import { epochSeconds } from '../clock.ts';
import { unreachable } from '../api.ts';
import type { Api } from '../api.ts';
import type { CommandContext } from '../command.ts';
import { CliFailure, usageFailure } from '../failure.ts';
import { REQUEST_TIMEOUT_MS } from '../limits.ts';
import { pointerOf } from './read-document.ts';
import { loadDeclaration } from './load-declaration.ts';
import { planChanges } from './plan-changes.ts';
import type { Plan } from './plan-changes.ts';
import { runTests } from './run-tests.ts';
import type { TestResult } from './run-tests.ts';
import { readState } from './read-state.ts';
import type { State } from './read-state.ts';
import { configurationAfter } from './predict-configuration.ts';

export interface Prepared {
  readonly api: Api;
  readonly state: State;
  readonly plan: Plan;
  readonly results: readonly TestResult[];
}

/** Plans the changes of the file in the context, or throws with what stands against them. */
export async function preparePlan(context: CommandContext): Promise<Prepared> {
  const { name, declaration, fail } = await loadDeclaration(context);
  const { deployment } = declaration;
  const { settings } = context;
  if (deployment !== null && settings.hasUrl() && settings.url() !== deployment)
    throw usageFailure(
      `${name} is for the deployment ${deployment}, and --url, --deployment or CAMBIST_URL names ${settings.url()}.`,
      'Change one of them; a configuration without `deployment` fits any.',
    );
  const api = await context.api();
  const state = await readState(api);
  const plan = planChanges(declaration, state, context.options.flag('prune'));
  if (plan.faults.length > 0) throw fail(plan.faults);
  // An address that is not the ISSUER_URL, such as 127.0.0.1, must not change what an empty list of audiences means.
  const issuerUrl = declaration.tests.length === 0 ? api.url : await readIssuer(api.url, context);
  const world = configurationAfter(declaration, state, plan, issuerUrl);
  return { api, state, plan, results: runTests(declaration.tests, world, epochSeconds()) };
}

async function readIssuer(url: string, { world }: CommandContext): Promise<string> {
  const address = `${url}/.well-known/openid-configuration`;
  const response = await world
    .fetch(address, { redirect: 'manual', signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) })
    .catch((error: unknown) => {
      throw unreachable(url, error, world);
    });
  const metadata: unknown = response.ok ? await response.json() : null;
  const issuer = isJsonObject(metadata) ? metadata['issuer'] : undefined;
  if (typeof issuer === 'string') return issuer;
  throw new CliFailure(`${address} answered ${response.status}, and no issuer.`, {
    code: 'unexpected_answer',
    next: '`cambist doctor` says what is wrong with the deployment.',
  });
}

/** The failure of a configuration whose own tests do not pass; `named` if nothing else says which. */
export function testsFailed(results: readonly TestResult[], named: boolean): CliFailure {
  const failed = results.filter(({ passed }) => !passed);
  const errors = failed.map(({ name, why }) => ({ pointer: pointerOf(['tests', name]), detail: why ?? '' }));
  return new CliFailure(`${failed.length} of ${results.length} tests failed; nothing was changed.`, {
    code: 'tests_failed',
    next: '`cambist test` runs them over the file alone.',
    ...(named ? { errors } : {}),
  });
}
