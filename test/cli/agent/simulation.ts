// A machine with clocks that step and a sleep now and then, a disk that fills up and a service that fails, in made-up time; counts what readers find.

import { keepFresh } from '../../../src/cli/agent/keep-fresh.ts';
import type { News, Obtained } from '../../../src/cli/agent/keep-fresh.ts';
import type { Clock } from '../../../src/cli/agent/clock.ts';
import { CliFailure } from '../../../src/cli/failure.ts';

/** Milliseconds after trouble has passed in which a try and the look at the clocks may still be under way. */
const GRACE_MS = 60_000;

export interface SimulationEnd {
  readonly renewals: number;
  readonly failures: number;
  readonly exchanges: number;
  /** Made-up milliseconds in which a reader found no good token: because of trouble, and without any. */
  readonly excusedMs: number;
  readonly inexcusableMs: number;
  readonly expiries: number;
  readonly steps: Readonly<Record<string, number>>;
}

/** The same numbers for the same seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Keeps one file fresh through so many renewals, with trouble in a third of them. */
export async function simulate(renewals: number, seed: number): Promise<SimulationEnd> {
  const random = randomFrom(seed);
  const over = new AbortController();
  let trueMs = 1_800_000_000_000;
  let wallSkewMs = 0;
  let sleptMs = 0;
  let trouble: { readonly kind: string; readonly untilMs: number } | null = null;
  let excusedUntilMs = trueMs + GRACE_MS;
  let fileEndsMs = 0;
  let sinceLookMs = trueMs;
  const counts = { renewals: 0, failures: 0, exchanges: 0, excusedMs: 0, inexcusableMs: 0, expiries: 0 };
  const steps: Record<string, number> = {};

  /** What a reader found since the last look. */
  const look = (): void => {
    const withoutMs = Math.max(0, trueMs - Math.max(sinceLookMs, fileEndsMs));
    const inexcusable = Math.max(0, Math.min(withoutMs, trueMs - excusedUntilMs));
    counts.inexcusableMs += inexcusable;
    counts.excusedMs += withoutMs - inexcusable;
    sinceLookMs = trueMs;
  };
  const pass = (milliseconds: number): void => {
    trueMs += milliseconds;
    if (trouble !== null) {
      excusedUntilMs = Math.max(excusedUntilMs, Math.min(trueMs, trouble.untilMs) + GRACE_MS);
      if (trueMs >= trouble.untilMs) trouble = null;
    }
    look();
  };
  const startTrouble = (): void => {
    const kinds = ['down', 'busy', 'refused', 'disk', 'forward', 'backward', 'asleep', 'slow'] as const;
    const kind = kinds[Math.floor(random() * kinds.length)]!;
    steps[kind] = (steps[kind] ?? 0) + 1;
    if (kind === 'forward') wallSkewMs += random() * 7_200_000;
    else if (kind === 'backward') wallSkewMs -= random() * 7_200_000;
    else if (kind === 'asleep') {
      const milliseconds = random() * 3_600_000;
      sleptMs += milliseconds;
      trouble = { kind, untilMs: trueMs + milliseconds };
      pass(milliseconds);
    } else trouble = { kind, untilMs: trueMs + random() * 1_200_000 };
  };
  const clock: Clock = {
    wallMs: () => trueMs + wallSkewMs,
    monotonicMs: () => trueMs - sleptMs,
    random,
    sleep: async (milliseconds) => {
      pass(milliseconds);
      // Some in each lifetime, whatever its length.
      if (trouble === null && random() < 0.004) startTrouble();
      await Promise.resolve();
    },
  };
  const obtain = async (): Promise<Obtained<number>> => {
    counts.exchanges += 1;
    pass(trouble?.kind === 'slow' ? 40_000 : 50 + random() * 500);
    const kind = trouble?.kind;
    if (kind === 'down' || kind === 'slow') throw new CliFailure('no answer', { code: 'timeout' });
    if (kind === 'busy') {
      const retryAfterSeconds = Math.floor(random() * 90);
      // What the service asks for is its own doing.
      excusedUntilMs = Math.max(excusedUntilMs, trueMs + (retryAfterSeconds + 60) * 1000);
      throw new CliFailure('busy', { code: 'temporarily_unavailable', status: 429, retryAfterSeconds });
    }
    if (kind === 'refused') {
      excusedUntilMs = Math.max(excusedUntilMs, trueMs + 320_000);
      throw new CliFailure('refused', { code: 'invalid_grant', status: 400 });
    }
    const expiresIn = 60 + Math.floor(random() * 3_540);
    return await Promise.resolve({ material: trueMs + expiresIn * 1000, expiresIn });
  };
  const write = async (endsMs: number): Promise<void> => {
    if (trouble?.kind === 'disk') throw new CliFailure('ENOSPC', { code: 'file_not_written' });
    look();
    fileEndsMs = endsMs;
    await Promise.resolve();
  };
  const tell = (news: News): void => {
    if (news.kind === 'failed') counts.failures += 1;
    if (news.kind === 'expired') counts.expiries += 1;
    if (news.kind !== 'renewed') return;
    counts.renewals += 1;
    if (counts.renewals >= renewals) over.abort();
  };
  await keepFresh({ obtain, write, tell }, clock, over.signal);
  return { ...counts, steps };
}
