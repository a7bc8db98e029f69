// A hundred renewals with every kind of trouble, in made-up time (`npm run soak:agent` makes thousands).

import { expect, it } from 'vitest';

import { simulate } from './simulation.ts';

it.each([1, 2, 3, 4, 5])('leaves no reader without a token that could have been had (seed %i)', async (seed) => {
  const end = await simulate(200, seed);
  expect(end).toMatchObject({ renewals: 200, inexcusableMs: 0 });
  expect(Object.keys(end.steps).length).toBe(8);
  // Trouble costs tries; a full disk or a long outage must not cost an exchange every second.
  expect(end.exchanges).toBeLessThan(end.renewals + end.failures + 1);
});
