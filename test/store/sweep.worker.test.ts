// What the scheduled sweep removes: audit events past their retention, of every organisation, and none that is younger (contract §0).

import { beforeEach, describe, expect, it } from 'vitest';

import { sweep } from '../../src/store/sweep.ts';
import { freshDatabase } from '../support/schema.ts';

const NOW = 1_800_000_000;
const DAY = 86_400;

describe('the sweep', () => {
  let db: D1Database;
  beforeEach(async () => {
    db = await freshDatabase();
  });

  const insert = async (organisation: string, n: number, time: number): Promise<void> => {
    await db
      .prepare(
        `INSERT INTO audit_event (organisation_id, id, time, request_id, actor, action, outcome)
         VALUES (?, ?, ?, 'req', 'root', 'token.exchange', 'granted')`,
      )
      .bind(organisation, `evt_${n}`, time)
      .run();
  };

  it('removes events past their retention, also those of an organisation that is gone (contract §0)', async () => {
    for (const [at, organisation] of ['org_a', 'org_b', 'org_gone'].entries()) {
      await insert(organisation, at * 10, NOW - 400 * DAY - 1);
      await insert(organisation, at * 10 + 1, NOW - 400 * DAY);
      await insert(organisation, at * 10 + 2, NOW);
    }
    expect(await sweep(db, NOW, 400)).toEqual({ usedTokens: 0, revokedTokens: 0, auditEvents: 3 });
    const { results } = await db.prepare('SELECT id FROM audit_event ORDER BY id').all<{ id: string }>();
    expect(results.map(({ id }) => id)).toEqual(['evt_1', 'evt_11', 'evt_12', 'evt_2', 'evt_21', 'evt_22']);
    expect(await sweep(db, NOW, 400)).toMatchObject({ auditEvents: 0 });
  });

  it('has nothing to do in an empty database (contract §0)', async () => {
    expect(await sweep(db, NOW, 400)).toEqual({ usedTokens: 0, revokedTokens: 0, auditEvents: 0 });
  });
});
