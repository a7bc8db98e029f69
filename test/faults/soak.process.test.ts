// `npm run soak`, short: the same rounds, changes and drills as the long one, so that it cannot rot.

import { afterEach, expect, it } from 'vitest';

import { endAll, start } from '../support/local-process.ts';

afterEach(endAll);

it('grants, refuses, changes rules and rotates keys for a day of simulated time, and finds nothing wrong (contract §5.7, §5.8, §7)', async () => {
  const soak = start(process.execPath, ['test/soak/soak.ts', '--exchanges', '1000']);
  const { code } = await soak.exited;
  expect(soak.output()).toContain('soak: passed');
  expect(soak.output()).not.toContain('fault:');
  expect(code).toBe(0);
});

it('refuses a number of exchanges in which not everything could happen', async () => {
  const soak = start(process.execPath, ['test/soak/soak.ts', '--exchanges', '10']);
  expect(await soak.exited).toMatchObject({ code: 1 });
  expect(soak.output()).toContain('--exchanges must be a number of at least 1000');
});
