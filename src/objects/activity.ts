// What happened in an organisation lately, counted for the overview of the console; bounded, so that a busy one costs no more.

/** One step of time, as many events of each outcome as were counted. */
export interface ActivityStep {
  /** Epoch seconds. */
  readonly since: number;
  /** Of all outcomes. */
  readonly all: number;
  readonly refused: number;
  readonly shadow: number;
  /** Changes, which are no decisions. */
  readonly success: number;
  /** 1 if there were more than are counted in one step. */
  readonly isMore: 0 | 1;
}

/** A provider whose keys could not be fetched when that was tried last. */
export interface FailingProvider {
  readonly id: string;
  readonly name: string;
  readonly error: string;
}

export interface Activity {
  readonly steps: readonly ActivityStep[];
  /** Of the newest refusals, the most frequent first; equal refusals count each. */
  readonly reasons: readonly { readonly reason: string; readonly total: number }[];
  readonly failing: readonly FailingProvider[];
}

/** What is counted: `steps` steps of `stepSeconds`, the first of which begins at `since` (epoch seconds). */
export interface ActivityRange {
  readonly since: number;
  readonly stepSeconds: number;
  readonly steps: number;
}
