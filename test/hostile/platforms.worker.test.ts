// Hostile class 7, end to end: the platforms; the table is in platforms.cases.ts, and comes from the fixtures.

import { describe, expect, it } from 'vitest';

import { kit, runHostileClass } from './battery.ts';
import { accepted, platforms } from './platforms.cases.ts';

runHostileClass(platforms);

describe('what a sensible rule accepts without a named account', () => {
  it.each(accepted)('is granted: $name (contract §5.3)', async ({ run }) => {
    expect(await run(kit)).toEqual([]);
  });
});
