// Who is close to a real workload and must not get in: its platform's recipe says so, from the claims of one of its tokens.

import { noWishes } from '../../bootstrap/build-plan.ts';
import type { Sample } from '../../bootstrap/build-plan.ts';
import { proposeOffline } from '../../bootstrap/propose-offline.ts';
import { readParameters, selectVariant } from '../../bootstrap/read-parameters.ts';
import { EVERY_RECIPE } from '../../platforms/every-recipe.ts';
import { PlatformFailure } from '../../platforms/failure.ts';
import { PRESET_NAMES } from '../../platforms/preset.ts';
import type { JsonObject } from '../../token/json.ts';

/** The neighbours of a token of this preset; none if the claims are not like those of a usual token of the platform. */
export async function neighboursOf(preset: string, claims: JsonObject, issuerUrl: string): Promise<readonly Sample[]> {
  const known = PRESET_NAMES.find((name) => name === preset);
  if (known === undefined) return [];
  const recipe = EVERY_RECIPE[known];
  try {
    const given = readParameters(recipe, () => undefined, claims);
    if (given.missing.length > 0) return [];
    const selected = selectVariant(recipe, given);
    if (!selected.ok) return [];
    const { plan } = await proposeOffline(recipe, selected.value, noWishes(issuerUrl));
    // What the recipe does not know of this token stays as it is, so that only the difference decides.
    return plan.neighbours.map(({ who, claims: other }) => ({
      who,
      claims: { ...claims, ...other, aud: claims['aud'] ?? issuerUrl },
    }));
  } catch (error) {
    if (error instanceof PlatformFailure) return [];
    throw error;
  }
}
