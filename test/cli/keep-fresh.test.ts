// When `cambist exec` renews a file, and what it does where that fails; time is made up.

import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import type { ExchangedToken } from '../../src/sdk/client/index.ts';
import { keepFresh } from '../../src/cli/exec/keep-fresh.ts';
import { CliFailure } from '../../src/cli/failure.ts';

const START = Date.parse('2026-11-01T00:00:00Z');

beforeEach(() => void vi.useFakeTimers({ now: START }));
afterEach(() => void vi.useRealTimers());

function aToken(expiresIn = 3600): ExchangedToken {
  return {
    accessToken: 'token',
    issuedTokenType: 'access_token',
    tokenType: 'Bearer',
    expiresIn,
    expiresAt: new Date(Date.now() + expiresIn * 1000),
    scope: [],
    requestId: null,
  };
}

it.each([
  ['in the last fifth of the life', 60, 0, 48_000],
  ['at most 300 s before its end', 3_600, 0, 3_300_000],
  ['at once if that is over', 60, 59_000, 0],
])('renews %s', async (_, lifetime, passed, delayMs) => {
  const renew = vi.fn(async () => await Promise.resolve(aToken(3_600)));
  const first = aToken(lifetime);
  await vi.advanceTimersByTimeAsync(passed);
  const stop = keepFresh({ name: 'f', renew }, first, vi.fn());
  if (delayMs > 0) await vi.advanceTimersByTimeAsync(delayMs - 1);
  expect(renew).toHaveBeenCalledTimes(0);
  await vi.advanceTimersByTimeAsync(1);
  expect(renew).toHaveBeenCalledTimes(1);
  await stop();
});

it('renews again and again until it is told to stop', async () => {
  const renew = vi.fn(async () => await Promise.resolve(aToken(60)));
  const stop = keepFresh({ name: 'f', renew }, aToken(60), vi.fn());
  await vi.advanceTimersByTimeAsync(47_000);
  expect(renew).toHaveBeenCalledTimes(0);
  await vi.advanceTimersByTimeAsync(1_500);
  expect(renew).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(48_000);
  expect(renew).toHaveBeenCalledTimes(2);
  await stop();
  await vi.advanceTimersByTimeAsync(600_000);
  expect(renew).toHaveBeenCalledTimes(2);
});

it('tries again after a passing failure, and says so', async () => {
  const warn = vi.fn();
  const renew = vi
    .fn<() => Promise<ExchangedToken>>()
    .mockRejectedValueOnce(new CliFailure('busy', { code: 'temporarily_unavailable', status: 503 }))
    .mockImplementation(async () => await Promise.resolve(aToken(60)));
  const stop = keepFresh({ name: 'f', renew }, aToken(60), warn);
  await vi.advanceTimersByTimeAsync(59_000);
  expect(renew).toHaveBeenCalledTimes(2);
  expect(warn.mock.calls).toEqual([['f could not be renewed: busy']]);
  await stop();
});

it('takes a refusal as final and says until when the file is good', async () => {
  const warn = vi.fn();
  const renew = vi.fn(
    async () =>
      await Promise.reject<ExchangedToken>(new CliFailure('refused', { code: 'invalid_request', status: 400 })),
  );
  const stop = keepFresh({ name: 'f', renew }, aToken(60), warn);
  await vi.advanceTimersByTimeAsync(600_000);
  expect(renew).toHaveBeenCalledTimes(1);
  expect(warn.mock.calls.at(-1)).toEqual(['f is good until 2026-11-01T00:01:00.000Z and will not be renewed.']);
  await stop();
});

it('waits for a renewal that is under way before it is over', async () => {
  let finish: (token: ExchangedToken) => void = () => undefined;
  const renew = vi.fn(async () => await new Promise<ExchangedToken>((resolve) => (finish = resolve)));
  const stop = keepFresh({ name: 'f', renew }, aToken(60), vi.fn());
  await vi.advanceTimersByTimeAsync(48_000);
  let isOver = false;
  const over = stop().then(() => (isOver = true));
  await vi.advanceTimersByTimeAsync(1_000);
  expect(isOver).toBe(false);
  finish(aToken(60));
  await over;
  expect(vi.getTimerCount()).toBe(0);
});
