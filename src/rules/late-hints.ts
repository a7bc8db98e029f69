// The words for near misses, loaded before the first of them is read: a granted exchange needs none, and a cold one does not evaluate them.

import type * as nearMisses from './hints.ts';
import type * as subjects from './subject-hints.ts';

type Hints = typeof nearMisses & typeof subjects;

let loaded: Hints | null = null;

/** Loads the words; whoever reads the hint of a check that failed does this first. */
export async function loadHints(): Promise<void> {
  loaded ??= { ...(await import('./hints.ts')), ...(await import('./subject-hints.ts')) };
}

/** The loaded words. Throws if nobody loaded them: a hint that is missing without a word would be missed by nobody. */
export function hints(): Hints {
  if (loaded === null) throw new Error('a hint was read before loadHints()');
  return loaded;
}
