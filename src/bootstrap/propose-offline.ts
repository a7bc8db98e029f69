// Proposes the rule of a workload without asking anybody: what a look-up would have found out is said as not known.

import type { LocalJwks } from '../objects/identity-provider.ts';
import { EVERY_LOOK_UP } from '../platforms/every-look-up.ts';
import { NOTHING_FOUND } from '../platforms/look-up.ts';
import type { LookUpAnswer, Variables } from '../platforms/look-up.ts';
import type { Recipe, RecipeVariant } from '../platforms/recipe.ts';
import type { System } from '../platforms/source.ts';
import { buildPlan, deriveVariables } from './build-plan.ts';
import type { BootstrapOptions, Plan } from './build-plan.ts';

export interface OfflineProposal {
  readonly plan: Plan;
  /** Sentences; they call a parameter `--name`. */
  readonly warnings: readonly string[];
}

/** The plan of a workload from its parameters alone. Throws a PlatformFailure if they do not suffice. */
export async function proposeOffline(
  recipe: Recipe,
  { variant, values }: { readonly variant: RecipeVariant; readonly values: Variables },
  asked: BootstrapOptions,
  localJwks: LocalJwks | null = null,
): Promise<OfflineProposal> {
  const derived = deriveVariables(recipe, values);
  const found = await lookUpNothing(recipe, derived, variant.name, localJwks !== null);
  const known = new Map([...derived, ...found.variables]);
  const plan = await buildPlan(recipe, variant, known, localJwks, asked);
  return { plan, warnings: [...found.warnings, ...plan.warnings] };
}

async function lookUpNothing(
  recipe: Recipe,
  variables: Variables,
  variant: string,
  hasKeys: boolean,
): Promise<LookUpAnswer> {
  const lookUp = EVERY_LOOK_UP[recipe.preset];
  if (lookUp === undefined) return NOTHING_FOUND;
  const askApi = async (): Promise<{ ok: false; reason: string }> => ({
    ok: false,
    reason: 'nobody is asked from here',
  });
  return lookUp({ variables, variant, wantsIds: true, hasKeys, system: NO_SYSTEM, askApi });
}

/** A machine without anything on it. */
const NO_SYSTEM: System = {
  variables: {},
  kindOf: () => Promise.resolve(null),
  readText: () => Promise.resolve(null),
  listFiles: () => Promise.resolve([]),
  send: () => Promise.reject(new Error('nothing is sent from here')),
  isProgram: () => Promise.resolve(false),
  run: () => Promise.resolve({ code: 1, stdout: '', stderr: '' }),
  sleep: () => Promise.resolve(),
  random: () => 0,
  now: () => 0,
};
