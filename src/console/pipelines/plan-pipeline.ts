// A pipeline's plan from the fields of a form, or of an address: the recipe's parameters and what its tokens may do.

import { judgePlan } from '../../bootstrap/judge-plan.ts';
import type { Check } from '../../bootstrap/check.ts';
import { renderConfiguration } from '../../bootstrap/render-configuration.ts';
import { noWishes } from '../../bootstrap/build-plan.ts';
import type { BootstrapOptions, Plan } from '../../bootstrap/build-plan.ts';
import { proposeOffline } from '../../bootstrap/propose-offline.ts';
import { readParameters, selectVariant } from '../../bootstrap/read-parameters.ts';
import { ok, refuse } from '../../exchange/result.ts';
import type { Result } from '../../exchange/result.ts';
import { EVERY_RECIPE } from '../../platforms/every-recipe.ts';
import { PlatformFailure } from '../../platforms/failure.ts';
import { PRESET_NAMES } from '../../platforms/preset.ts';
import type { Recipe, RecipeParameter } from '../../platforms/recipe.ts';
import type { ApiFault } from '../api.ts';

/** Parameters that name files and programs of the command line's machine; a browser has none. */
const NOT_HERE: ReadonlySet<string> = new Set(['kubeconfig', 'context', 'jwks', 'upload-jwks']);

export interface PlannedPipeline {
  readonly plan: Plan;
  readonly asked: BootstrapOptions;
  readonly warnings: readonly string[];
  /** Who is meant, and then every neighbour, held against the rule. */
  readonly checks: readonly Check[];
  /** What to paste for an account, by its id or slug. */
  readonly configurationFor: (account: string) => { readonly file: string; readonly text: string };
}

/** The recipe of a platform; null if there is no such platform. */
export function recipeOf(platform: string): Recipe | null {
  const name = PRESET_NAMES.find((one) => one === platform);
  return name === undefined ? null : EVERY_RECIPE[name];
}

/** Every recipe, in the order of the help. */
export function recipes(): readonly Recipe[] {
  return PRESET_NAMES.map((name) => EVERY_RECIPE[name]);
}

/** The parameters that a form asks for. */
export function parametersOf({ parameters }: Recipe): readonly RecipeParameter[] {
  return parameters.filter(({ name }) => !NOT_HERE.has(name));
}

/** `repository-id` → `Repository id`. */
export function parameterLabel(name: string): string {
  const words = name.replaceAll('-', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** A sentence of a recipe that calls a parameter `--name`, with the field's own name. */
function inWordsOfTheForm(text: string): string {
  return text.replaceAll(/--([a-z][a-z-]*)(?: <[^>]*>)?/g, (_, name: string) => `“${parameterLabel(name)}”`);
}

/** The plan, or what is wrong with which field; `now` is in epoch seconds. */
export async function planPipeline(
  recipe: Recipe,
  form: URLSearchParams,
  url: string,
  now: number,
): Promise<Result<PlannedPipeline, readonly ApiFault[]>> {
  const text = (name: string): string | undefined => form.get(name)?.trim() || undefined;
  const list = (name: string): readonly string[] => (text(name) ?? '').split(/[\s,]+/).filter((one) => one !== '');
  const asked: BootstrapOptions = {
    ...noWishes(url),
    account: text('account'),
    role: text('role'),
    audience: text('audience'),
    scopes: list('scopes'),
    tokenAudiences: list('tokenAudiences'),
    uses: text('uses'),
  };
  try {
    const given = readParameters(recipe, ({ name }) => (NOT_HERE.has(name) ? undefined : text(name)), null);
    const faults = [
      ...given.faults.map(({ name, detail, belongsTo }) => ({
        place: `/${name}`,
        detail: belongsTo === undefined ? detail : `${detail}: it belongs into “${parameterLabel(belongsTo[0])}”`,
      })),
      ...given.missing.map(({ name }) => ({ place: `/${name}`, detail: 'is needed' })),
    ];
    if (faults.length > 0) return refuse(faults);
    const selected = selectVariant(recipe, given);
    if (!selected.ok) {
      const { error } = selected;
      return refuse(
        error.kind === 'none'
          ? [
              {
                place: `/${error.selectors[0] ?? ''}`,
                detail: `or ${error.selectors.slice(1).map(parameterLabel).join(', ')} is needed: which ones may get in?`,
              },
            ]
          : [
              {
                place: `/${error.name}`,
                detail: `does not go together with ${error.chosen.map(parameterLabel).join(', ')}`,
              },
            ],
      );
    }
    const { plan, warnings } = await proposeOffline(recipe, selected.value, asked);
    return ok({
      plan,
      asked,
      warnings: warnings.map(inWordsOfTheForm),
      checks: judgePlan(plan, url, null, now),
      configurationFor: (account) => renderConfiguration(plan, url, account),
    });
  } catch (error) {
    if (!(error instanceof PlatformFailure)) throw error;
    const detail = inWordsOfTheForm([error.message, error.next ?? ''].join(' ').trim());
    const named = recipe.parameters.find(({ name }) => `${error.message} ${error.next ?? ''}`.includes(`--${name}`));
    return refuse([{ place: `/${named?.name ?? recipe.parameters[0]?.name ?? ''}`, detail }]);
  }
}
