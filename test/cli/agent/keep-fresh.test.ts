// When a file is renewed, what a failure of each kind leads to, and what is told; time is made up.

import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { machineClock } from '../../../src/cli/agent/clock.ts';
import { keepFresh } from '../../../src/cli/agent/keep-fresh.ts';
import type { First, News, Obtained } from '../../../src/cli/agent/keep-fresh.ts';
import { CliFailure } from '../../../src/cli/failure.ts';
import type { FailureDetails } from '../../../src/cli/failure.ts';

beforeEach(() => void vi.useFakeTimers({ now: Date.parse('2026-11-01T00:00:00Z') }));
afterEach(() => void vi.useRealTimers());

/** A file that is kept fresh with tokens of a minute, in the latest moment that the jitter allows. */
function start({ first, expiresIn = 60 }: { first?: First; expiresIn?: number } = {}) {
  const obtain = vi.fn<() => Promise<Obtained<string>>>(
    async () => await Promise.resolve({ material: 't', expiresIn }),
  );
  const write = vi.fn<(material: string) => Promise<void>>(async () => await Promise.resolve());
  const news: News[] = [];
  const over = new AbortController();
  const begin = (): Promise<void> =>
    keepFresh(
      { obtain, write, tell: (one) => news.push(one) },
      { ...machineClock, random: () => 0 },
      over.signal,
      first,
    );
  const kinds = (): string => news.map(({ kind }) => kind).join(' ');
  return { obtain, write, news, kinds, over, begin };
}

function failing(details: Partial<FailureDetails>): () => Promise<never> {
  return async () => await Promise.reject(new CliFailure('no', { code: 'x', ...details }));
}

async function pass(seconds: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(seconds * 1000);
}

it('renews at two thirds of the lifetime, again and again, until it is over', async () => {
  const { obtain, over, begin } = start();
  const done = begin();
  await pass(39);
  expect(obtain).toHaveBeenCalledTimes(1);
  await pass(2);
  expect(obtain).toHaveBeenCalledTimes(2);
  await pass(40);
  expect(obtain).toHaveBeenCalledTimes(3);
  over.abort();
  await done;
  expect(vi.getTimerCount()).toBe(0);
});

it('counts from when the first one was asked for', async () => {
  const { obtain, begin } = start({ first: { expiresIn: 60, ageMs: 30_000 } });
  void begin();
  await pass(9);
  expect(obtain).toHaveBeenCalledTimes(0);
  await pass(2);
  expect(obtain).toHaveBeenCalledTimes(1);
});

it.each([
  ['a timeout', { code: 'timeout' }, 1],
  ['503', { status: 503 }, 1],
  ['429', { status: 429 }, 1],
  ['429 with a retry-after', { status: 429, retryAfterSeconds: 20 }, 20],
  ['a refusal', { status: 400 }, 15],
  ['a source that cannot be read', { code: 'source_incomplete' }, 1],
] as const)('tries again after %s, and not before its time', async (_, details, seconds) => {
  const { obtain, kinds, begin } = start();
  obtain.mockImplementationOnce(failing(details));
  void begin();
  await pass(seconds === 1 ? 0.4 : seconds - 0.5);
  expect([obtain.mock.calls.length, kinds()]).toEqual([1, 'failed']);
  await pass(1.5);
  expect([obtain.mock.calls.length, kinds()]).toEqual([2, 'failed renewed']);
});

it('tells once that a file has expired, and goes on trying', async () => {
  const { obtain, kinds, news, begin } = start();
  void begin();
  await pass(30);
  obtain.mockImplementation(failing({ status: 503 }));
  await pass(29);
  expect(news.at(-1)).toMatchObject({ kind: 'failed', expiresAt: new Date('2026-11-01T00:01:00Z') });
  await pass(60);
  expect(kinds().split('expired')).toHaveLength(2);
  expect(news.at(-1)).toMatchObject({ kind: 'failed', expiresAt: null });
  obtain.mockImplementation(async () => await Promise.resolve({ material: 'new', expiresIn: 60 }));
  await pass(11);
  expect(news.at(-1)?.kind).toBe('renewed');
});

it('writes what it has once the disk has room again, without another exchange', async () => {
  const { obtain, write, news, begin } = start({ expiresIn: 3_600 });
  write.mockImplementation(failing({ code: 'file_not_written' }));
  void begin();
  await pass(300);
  expect(write.mock.calls.length).toBeGreaterThan(10);
  write.mockImplementation(async () => await Promise.resolve());
  await pass(11);
  expect([news.at(-1)?.kind, obtain.mock.calls.length]).toEqual(['renewed', 1]);
});

it('notices within five seconds that the wall clock was set, or that the machine slept', async () => {
  const { obtain, begin } = start({ expiresIn: 3_600 });
  void begin();
  await pass(10);
  vi.setSystemTime(Date.now() - 86_400_000);
  await pass(10);
  expect(obtain).toHaveBeenCalledTimes(1);
  vi.setSystemTime(Date.now() + 3_000_000);
  await pass(6);
  expect(obtain).toHaveBeenCalledTimes(2);
});

it('waits for a write that is under way before it is over', async () => {
  const { write, over, begin } = start();
  let finish: () => void = () => undefined;
  write.mockImplementation(async () => await new Promise((resolve) => (finish = resolve)));
  let isDone = false;
  const done = begin().then(() => (isDone = true));
  await pass(1);
  over.abort();
  await pass(1);
  expect(isDone).toBe(false);
  finish();
  await done;
});

it('lets a bug through', async () => {
  const { obtain, begin } = start();
  obtain.mockImplementation(async () => await Promise.reject(new TypeError('a bug')));
  await expect(begin()).rejects.toThrow('a bug');
});
