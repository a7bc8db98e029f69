// Readiness has one deadline for each check, however often that waits for storage: contract §1.

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { readiness } from '../../src/http/health.ts';
import type { ReadinessCheck, ReadinessFindings } from '../../src/http/health.ts';
import { READINESS_TIMEOUT_MS } from '../../src/http/limits.ts';
import { STORAGE_TIMEOUT_MS } from '../../src/store/limits.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const config = { faults: [] } as const;
const check = (setting: ReadinessCheck['setting'], examine: ReadinessCheck['examine']): ReadinessCheck => ({
  setting,
  examine,
});
const after = async (milliseconds: number): Promise<ReadinessFindings> => {
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  return { faults: ['said late'] };
};

describe('a check', () => {
  it('that waits for storage twice is cut off, and the others are answered (contract §1)', async () => {
    const twice = async (): Promise<ReadinessFindings> => {
      await after(STORAGE_TIMEOUT_MS);
      return after(STORAGE_TIMEOUT_MS);
    };
    const found = readiness(
      { config, readinessChecks: [check('DB', twice), check('CACHE', () => after(STORAGE_TIMEOUT_MS))] },
      0,
    );
    await vi.advanceTimersByTimeAsync(READINESS_TIMEOUT_MS);
    expect((await found).faults).toEqual([
      { setting: 'DB', detail: `DB was not examined within ${READINESS_TIMEOUT_MS} ms` },
      { setting: 'CACHE', detail: 'said late' },
    ]);
  });

  it('that waits for storage once says itself what is wrong (contract §1)', async () => {
    const found = readiness({ config, readinessChecks: [check('DB', () => after(STORAGE_TIMEOUT_MS))] }, 0);
    await vi.advanceTimersByTimeAsync(READINESS_TIMEOUT_MS);
    expect((await found).faults).toEqual([{ setting: 'DB', detail: 'said late' }]);
  });
});
