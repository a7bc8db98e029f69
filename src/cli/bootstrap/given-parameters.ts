// The parameters of a recipe on the command line: read, and refused in the words of options.

import { readParameters, selectVariant } from '../../bootstrap/read-parameters.ts';
import type { Given } from '../../bootstrap/read-parameters.ts';
import { PlatformFailure } from '../../platforms/failure.ts';
import type { Variables } from '../../platforms/look-up.ts';
import type { Recipe, RecipeVariant } from '../../platforms/recipe.ts';
import type { JsonObject } from '../../token/json.ts';
import type { OptionReader } from '../command.ts';
import { usageFailure } from '../failure.ts';

/** What is given; `claims` are those of the token of `--from-token`. Throws a usage failure. */
export function readGiven(recipe: Recipe, options: OptionReader, claims: JsonObject | null): Given {
  const given = asUsage(() =>
    readParameters(
      recipe,
      ({ name, value }) => (value === null ? (options.flag(name) ? 'true' : undefined) : options.text(name)),
      claims,
    ),
  );
  const [fault] = given.faults;
  if (fault !== undefined) {
    const { name, detail, belongsTo } = fault;
    const next = belongsTo === undefined ? undefined : `Give --${belongsTo[0]} ${JSON.stringify(belongsTo[1])}.`;
    throw usageFailure(`--${name} ${detail}.`, next);
  }
  if (given.missing.length > 0) {
    throw usageFailure(
      `Missing: ${given.missing.map(({ name, value }) => `--${name} <${value ?? ''}>`).join(', ')}.`,
      claims === null
        ? `Or give a real ID token with --from-token FILE. \`cambist bootstrap ${recipe.preset} --help\` explains each.`
        : ['The token does not say it.', ...given.dropped].join('\n'),
    );
  }
  return given;
}

/** The variant that is meant. Throws a usage failure. */
export function chooseVariant(
  recipe: Recipe,
  given: Given,
): { readonly variant: RecipeVariant; readonly values: Variables } {
  const selected = selectVariant(recipe, given);
  if (selected.ok) return selected.value;
  const fault = selected.error;
  if (fault.kind === 'none') {
    throw usageFailure(
      `Which ones may get in? Give ${fault.selectors.map((name) => `--${name}`).join(' or ')}.`,
      [...given.dropped, `\`cambist bootstrap ${recipe.preset} --help\` explains each.`].join('\n'),
    );
  }
  throw usageFailure(
    `--${fault.name} does not go together with ${fault.chosen.map((name) => `--${name}`).join(' and ')}.`,
    'Run the command once for each.',
  );
}

/** Does something of a recipe; its failure is one of what the user gave. */
export function asUsage<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw usageOf(error);
  }
}

/** A failure of a recipe as one of what the user gave; any other as it is. */
export function usageOf(error: unknown): unknown {
  return error instanceof PlatformFailure ? usageFailure(error.message, error.next) : error;
}
