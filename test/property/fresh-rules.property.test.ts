// No history of changes, isolates, faults and clocks makes an exchange decide by rules that do not hold when its event is written (contract §7).

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { policyHolds } from '../../src/store/policy-guard.ts';
import { historyPlayer } from '../support/fresh-rules/interleaving.ts';
import type { Judgement, Sabotage } from '../support/fresh-rules/interleaving.ts';
import { examplesOf, holds } from '../support/runs.ts';

const histories = fc.array(fc.nat(1_000), { minLength: 40, maxLength: 140 });

describe('a decision', () => {
  it('is what the rules say at the moment of its event, whoever changes them and whatever fails (contract §7)', async () => {
    const playHistory = historyPlayer();
    const seen = { granted: 0, refused: 0, unavailable: 0 };
    await holds(
      fc.asyncProperty(histories, async (choices) => {
        const { violations, ...counts } = await playHistory(choices);
        expect(violations).toEqual([]);
        for (const name of ['granted', 'refused', 'unavailable'] as const) seen[name] += counts[name];
      }),
      { usually: 1_000 },
    );
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(200);
  });
});

describe('the judge', () => {
  /** The first history that is judged against, of so many; null if there is none. */
  async function firstViolation(sabotage: Sabotage): Promise<Judgement | null> {
    const playHistory = historyPlayer(sabotage);
    for (const choices of examplesOf(histories, 1_000)) {
      const judgement = await playHistory(choices);
      if (judgement.violations.length > 0) return judgement;
    }
    return null;
  }
  const GUARDS = [policyHolds(1, 20), policyHolds(4, 5)];
  const holdsAlways = (guard: string): string => {
    const [, ...parameters] = /\?\d+\) = (\?\d+) .*= (\?\d+)$/s.exec(guard) ?? [];
    return `(${parameters.join(' IS NOT NULL OR ')} IS NOT NULL)`;
  };

  it.each<[string, Sabotage]>([
    [
      'whose guard always holds',
      { sql: (text) => GUARDS.reduce((sql, guard) => sql.replace(guard, holdsAlways(guard)), text) },
    ],
    [
      'whose guard forgets the deployment',
      {
        sql: (text) =>
          text.replace(
            /AND \(SELECT version FROM policy_version WHERE scope = 'deployment'\) = (\?21|\?6)/,
            'AND $1 IS NOT NULL',
          ),
      },
    ],
    ['whose rules have lost a trigger', { prepare: 'DROP TRIGGER policy_of_federated_identity_updated' }],
    ['whose accounts have lost a trigger', { prepare: 'DROP TRIGGER policy_of_service_account_updated' }],
    ['whose roles have lost a trigger', { prepare: 'DROP TRIGGER policy_of_role_updated' }],
    ['whose keys have lost a trigger', { prepare: 'DROP TRIGGER policy_of_signing_key_updated' }],
  ])('finds a service out %s', async (_name, sabotage) => {
    expect((await firstViolation(sabotage))?.violations[0]).toMatch(/rules/);
  });
});
