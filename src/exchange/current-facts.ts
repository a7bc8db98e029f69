// Decides from facts that the isolate knows, and once more from facts read now where those may be out of date (contract §7).

import type { Denial } from './denial.ts';
import { MAX_FRESH_DECISIONS } from './limits.ts';
import { StorageUnavailable } from './ports.ts';
import type { Result } from './result.ts';

/** What one decision ended in; `outdated` if the rules had changed when it was written, and then nothing was. */
export type Outcome<T> = Result<T, Denial> | ProvenRefusal | 'outdated';

/** A refusal that was written under the very rules that it was decided from, so it counts from known facts, too. */
export interface ProvenRefusal {
  readonly ok: false;
  readonly error: Denial;
  readonly isProven: true;
}

/** Where the facts of one request come from. */
export interface FactsOf<Facts> {
  /** Those of an earlier request that asked the same; null if none are kept. */
  readonly known: () => Facts | null;
  /** Throws StorageUnavailable. */
  readonly read: () => Promise<Facts>;
}

/**
 * The outcome of `decide` that counts. A grant counts from known facts too, since its write proves that they still hold; a refusal
 * counts from facts read now, unless its own write proved them. Throws StorageUnavailable if the rules change each time before the decision is written.
 */
export async function byCurrentFacts<Facts, T>(
  { known, read }: FactsOf<Facts>,
  decide: (facts: Facts, areFresh: boolean) => Promise<Outcome<T>>,
): Promise<Result<T, Denial>> {
  const kept = known();
  if (kept !== null) {
    const outcome = await decide(kept, false);
    if (outcome !== 'outdated' && (outcome.ok || 'isProven' in outcome)) return outcome;
  }
  for (let decisions = 0; decisions < MAX_FRESH_DECISIONS; decisions += 1) {
    // One after the other: each is decided only because the one before came to nothing.
    const outcome = await decide(await read(), true);
    if (outcome !== 'outdated') return outcome;
  }
  throw new StorageUnavailable('the rules changed each time before a decision was written', {
    cause: `${MAX_FRESH_DECISIONS} decisions; policy_version has no row for the organisation, or its rules change without a pause`,
  });
}
