// Which providers this isolate could not fetch the keys of lately; for GET /metrics, loaded with it.

import type { KeyMemory } from './key-memory.ts';
import { NOTED_FAILURE_SECONDS } from './limits.ts';

/** Their ids at `now` (epoch seconds). A failure that nobody has asked about for long says nothing of today. */
export function failingProviders({ providers }: KeyMemory, now: number): readonly string[] {
  return [...providers].flatMap(([source, { failure, attemptedAt }]) => {
    if (failure === null || now - attemptedAt > NOTED_FAILURE_SECONDS) return [];
    // Its first part (key-memory.ts sourceKey).
    return [String((JSON.parse(source) as readonly unknown[])[0])];
  });
}
