// Checks a property with as many runs as the command asks for; the only place where a test may call fast-check's assert.

import fc from 'fast-check';
import { inject } from 'vitest';

/** What `vitest.config.ts` reads from FUZZ_RUNS and FUZZ_SEED; null where they are not set. */
export interface FuzzSettings {
  readonly runs: number | null;
  readonly seed: number | null;
}

declare module 'vitest' {
  // Merged into vitest's own, which only an interface can be.
  interface ProvidedContext {
    readonly fuzz: FuzzSettings;
  }
}

export interface Runs {
  /** Runs in `npm test`; 300 unless said otherwise. */
  readonly usually?: number;
  /** Runs under FUZZ_RUNS at most, for what takes many milliseconds each; say why where it is given. */
  readonly atMost?: number;
}

/** How often a property is run, by this command. */
export function runCount({ usually = 300, atMost = Infinity }: Runs = {}): number {
  const { runs } = inject('fuzz');
  return runs === null ? usually : Math.max(usually, Math.min(runs, atMost));
}

/** Checks a property. A failure prints its seed and the smallest counterexample; FUZZ_SEED replays it. */
export async function holds<Ts>(property: fc.IRawProperty<Ts>, runs: Runs = {}): Promise<void> {
  const { seed } = inject('fuzz');
  await fc.assert(property, { numRuns: runCount(runs), ...(seed === null ? {} : { seed }) });
}

/** Values of an arbitrary, the same each time: for a test that shows what a property would find. */
export function examplesOf<T>(arbitrary: fc.Arbitrary<T>, count: number): T[] {
  return fc.sample(arbitrary, { numRuns: count, seed: 7 });
}
