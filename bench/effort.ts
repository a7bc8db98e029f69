// How long each measurement takes: whole for a report, or quick, which only shows that every one of them still runs.

import type { Terms } from './contest.ts';

export interface Effort {
  /** Contests with all connections, and those with 8 alone. */
  readonly terms: Terms;
  readonly warmUpMs: number;
  /** Rounds of single answers after the first, and milliseconds of each. */
  readonly answerRounds: number;
  readonly answerMs: number;
  /** First exchanges of one issuer at once. */
  readonly stampede: number;
  readonly coldStarts: number;
  /** Grants by which the size of an event is told. */
  readonly eventsWeighed: number;
  readonly growthRounds: number;
  /** What the numbers of rows in the growth table are divided by. */
  readonly growthDivisor: number;
  /** Starts of an isolate. */
  readonly starts: number;
  readonly matchingMs: number;
}

/** For the report. */
export const WHOLE: Effort = {
  terms: { starts: 3, rounds: 5, milliseconds: 1_000, connections: [1, 8, 64] },
  warmUpMs: 3_000,
  answerRounds: 7,
  answerMs: 1_000,
  stampede: 500,
  coldStarts: 5,
  eventsWeighed: 2_000,
  growthRounds: 31,
  growthDivisor: 1,
  starts: 7,
  matchingMs: 500,
};

/** `npm run bench -- --quick`: its figures mean nothing and are not written. */
export const QUICK: Effort = {
  terms: { starts: 1, rounds: 1, milliseconds: 200, connections: [8] },
  warmUpMs: 200,
  answerRounds: 1,
  answerMs: 100,
  stampede: 20,
  coldStarts: 1,
  eventsWeighed: 50,
  growthRounds: 1,
  growthDivisor: 100,
  starts: 1,
  matchingMs: 20,
};
