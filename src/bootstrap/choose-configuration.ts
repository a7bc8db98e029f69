// Chooses what is printed to paste: the platform's template at the address that the user names, else a script that needs nothing.

import { PlatformFailure } from '../platforms/failure.ts';
import type { Recipe, RecipeVariant } from '../platforms/recipe.ts';
import type { BootstrapOptions } from './build-plan.ts';

/** The text, and `uses` for it. Throws a PlatformFailure if the address is not pinned, or the template cannot ask for the audience. */
export function chooseConfiguration(
  recipe: Recipe,
  variant: RecipeVariant,
  { uses, url }: Pick<BootstrapOptions, 'uses' | 'url'>,
  audience: string,
): Recipe['configuration'] {
  const { template } = recipe;
  const usual = variant.configuration ?? recipe.configuration;
  if (uses === undefined || template === undefined) return usual;
  const [pattern, words] = template.address;
  if (!new RegExp(`^(?:${pattern})$`).test(uses))
    throw new PlatformFailure(`--uses must be ${words}, not ${JSON.stringify(uses)}.`);
  if (template.hasFixedAudience === true && audience !== url)
    throw new PlatformFailure('--uses does not go together with --audience: the template asks for the deployment.');
  return { file: usual.file, text: template.text };
}
