// What each tool of the check says of itself: the section of the guide that it runs, and what it proves.

import type { Lab } from './lab.ts';

export interface Proof {
  /** A sentence about the tool that is true if the proof ends without an error. */
  readonly says: string;
  readonly prove: () => Promise<void>;
}

export interface Tool {
  /** As `npm run check:helpers -- NAME` chooses it. */
  readonly name: string;
  /** The section of the guide whose block the tool gets. */
  readonly section: string;
  /** Puts the block where a user would put it. Throws LeftOut if this machine lacks the tool. */
  readonly prepare: (lab: Lab, block: string) => Promise<readonly Proof[]>;
}

/** The tool is not here, and the message says what would bring it. */
export class LeftOut extends Error {}

/** Throws, with the evidence, unless the claim holds. */
export function expectThat(holds: boolean, claim: string, evidence: unknown): asserts holds {
  if (holds) return;
  const shown = typeof evidence === 'string' ? evidence : JSON.stringify(evidence, null, 2);
  throw new Error(`not so: ${claim}\n${shown}`);
}
