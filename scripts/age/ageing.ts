// What `scripts/age-log.ts` tells the Worker that ages a log, and what it is told in turn; knows neither.

/** Where the Worker takes it. No path of the service. */
export const AGEING_PATH = '/ageing';

/** Writes events evenly over a time and then does what the schedule would have done until its end. Times are epoch seconds. */
export interface Ageing {
  readonly from: number;
  readonly to: number;
  readonly events: number;
  readonly hotDays: number;
}

export interface Aged {
  readonly objects: number;
  readonly archivedEvents: number;
  /** Of D1, after it. */
  readonly databaseBytes: number;
}
