// What is asked and answered when a platform is looked up before a plan is made, and how a set of keys is read.

import type { LocalJwks } from '../../objects/identity-provider.ts';
import type { RecipeVariant } from '../../platforms/recipe.ts';
import type { World } from '../command.ts';
import { usageFailure } from '../failure.ts';
import { isJsonObject } from '../../token/json.ts';
import type { Variables } from './template.ts';

/** What a look-up found out. */
export interface Resolved {
  readonly variables: readonly (readonly [name: string, value: string])[];
  readonly warnings: readonly string[];
  readonly notes: readonly string[];
  readonly localJwks: LocalJwks | null;
}

export interface Question {
  readonly variables: Variables;
  readonly variant: RecipeVariant;
  readonly world: World;
  /** False where only the names of the workload matter, because it is to be undone. */
  readonly wantsIds: boolean;
}

export const NOTHING: Resolved = { variables: [], warnings: [], notes: [], localJwks: null };

/** A JWK Set (RFC 7517 §5); the service decides which of its keys are any good. */
export function parseJwks(text: string, source: string): LocalJwks {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = null;
  }
  const keys = isJsonObject(value) ? value['keys'] : null;
  if (!Array.isArray(keys) || keys.length === 0)
    throw usageFailure(`${source} holds no JWK Set such as {"keys": [...]}.`);
  return { keys: keys as LocalJwks['keys'] };
}
