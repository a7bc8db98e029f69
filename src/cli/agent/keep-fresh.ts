// Keeps one file fresh: gets anew what it holds at two thirds of the lifetime, tries again after a failure, and tells what happened.

import { CliFailure } from '../failure.ts';
import { passedTime } from './clock.ts';
import type { Clock } from './clock.ts';
import {
  CLOCK_LOOK_MS,
  FIRST_BACKOFF_MS,
  FIRST_REFUSED_BACKOFF_MS,
  LONGEST_BACKOFF_MS,
  LONGEST_REFUSED_BACKOFF_MS,
  LONGEST_RETRY_AFTER_SECONDS,
  RENEW_JITTER,
  RENEW_SHARE,
  SHORTEST_RENEWAL_MS,
  URGENT_BACKOFF_MS,
} from './limits.ts';

/** What was got, and how long it is good, counted from before it was asked for. */
export interface Obtained<T> {
  readonly material: T;
  readonly expiresIn: number;
}

/** What is kept fresh. Both functions throw a CliFailure for what may be different the next time. */
export interface FreshFile<T> {
  readonly obtain: (isOver: AbortSignal) => Promise<Obtained<T>>;
  readonly write: (material: T) => Promise<void>;
  readonly tell: (news: News) => void;
}

export type News =
  | { readonly kind: 'renewed'; readonly expiresAt: Date }
  /** `expiresAt` is that of the last good one; null if there is none, or it has expired. */
  | { readonly kind: 'failed'; readonly failure: CliFailure; readonly expiresAt: Date | null }
  | { readonly kind: 'expired'; readonly expiredAt: Date };

/** What a file holds already when it begins to be kept fresh. */
export interface First {
  readonly expiresIn: number;
  /** Milliseconds since before it was asked for. */
  readonly ageMs: number;
}

/** In milliseconds of the time that has passed. */
interface Life {
  readonly renewAt: number;
  readonly endsAt: number;
}

/** Works until it is over; resolves once nothing is being written any more. */
export async function keepFresh<T>(
  file: FreshFile<T>,
  clock: Clock,
  isOver: AbortSignal,
  first?: First,
): Promise<void> {
  const passed = passedTime(clock);
  // What the file holds, and what was got but could not be written: a full disk must not cost an exchange with each try.
  let held: Life | null = first === undefined ? null : lifeOf(-first.ageMs, first.expiresIn, clock);
  let waiting: { readonly material: T; readonly life: Life } | null = null;
  let isExpiryTold = false;
  let failures = 0;

  const endOf = ({ endsAt }: Life): Date => new Date(clock.wallMs() + endsAt - passed());
  /** True if the file has expired since the last look. */
  const noticeExpiry = (): boolean => {
    if (held === null || isExpiryTold || passed() < held.endsAt) return false;
    isExpiryTold = true;
    file.tell({ kind: 'expired', expiredAt: endOf(held) });
    return true;
  };
  const restUntil = async (at: number): Promise<void> => {
    // Whole milliseconds: timers know no others.
    for (let left = at - passed(); left > 0 && !isOver.aborted; left = at - passed())
      await clock.sleep(Math.ceil(Math.min(left, CLOCK_LOOK_MS)), isOver);
  };
  /** Ends after `urgentMs` if the file expires meanwhile. */
  const pause = async (milliseconds: number, urgentMs = milliseconds): Promise<void> => {
    const begun = passed();
    let end = begun + milliseconds;
    for (let left = milliseconds; left > 0 && !isOver.aborted; left = end - passed()) {
      await clock.sleep(Math.ceil(Math.min(left, CLOCK_LOOK_MS)), isOver);
      // With nothing good left, a long pause is too long.
      if (noticeExpiry()) end = Math.min(end, begun + urgentMs);
    }
  };

  if (held !== null) await restUntil(held.renewAt);
  while (!isOver.aborted) {
    try {
      if (waiting === null || passed() >= waiting.life.renewAt) {
        const from = passed();
        const { material, expiresIn } = await file.obtain(isOver);
        waiting = { material, life: lifeOf(from, expiresIn, clock) };
      }
      if (isOver.aborted) return;
      await file.write(waiting.material);
      held = waiting.life;
      waiting = null;
      isExpiryTold = false;
      failures = 0;
      file.tell({ kind: 'renewed', expiresAt: endOf(held) });
      await pause(SHORTEST_RENEWAL_MS);
      await restUntil(held.renewAt);
    } catch (error) {
      if (!(error instanceof CliFailure)) throw error;
      if (isOver.aborted) return;
      failures += 1;
      noticeExpiry();
      file.tell({ kind: 'failed', failure: error, expiresAt: held === null || isExpiryTold ? null : endOf(held) });
      const leftMs = held === null ? 0 : held.endsAt - passed();
      const longest = pauseMs(error, failures, leftMs, clock.random());
      await pause(longest, Math.max(askedMs(error), URGENT_BACKOFF_MS));
    }
  }
}

function lifeOf(from: number, expiresIn: number, { random }: Clock): Life {
  const lifeMs = expiresIn * 1000;
  return { renewAt: from + lifeMs * RENEW_SHARE * (1 - RENEW_JITTER * random()), endsAt: from + lifeMs };
}

/** Whether only somebody's decision changes this answer. */
function isRefusal({ details: { status } }: CliFailure): boolean {
  return status !== undefined && status >= 400 && status < 500 && status !== 408 && status !== 429;
}

/**
 * Milliseconds until the next try: half to all of a doubling span, and never before a `retry-after`. `leftMs` is how long
 * readers still have a good token: the less that is, the more often a try is worth it.
 */
function pauseMs(failure: CliFailure, failures: number, leftMs: number, random: number): number {
  const [first, longest] = isRefusal(failure)
    ? [FIRST_REFUSED_BACKOFF_MS, LONGEST_REFUSED_BACKOFF_MS]
    : [FIRST_BACKOFF_MS, Math.min(Math.max(leftMs / 4, URGENT_BACKOFF_MS), LONGEST_BACKOFF_MS)];
  const span = Math.min(first * 2 ** (failures - 1), longest) * (0.5 + random / 2);
  return askedMs(failure) + span;
}

/** Milliseconds of a `retry-after`; 0 if there was none. */
function askedMs({ details }: CliFailure): number {
  return Math.min(details.retryAfterSeconds ?? 0, LONGEST_RETRY_AFTER_SECONDS) * 1000;
}
