// What the database itself refuses, whatever the code above it does.

import { beforeEach, describe, expect, it } from 'vitest';
import { freshDatabase, schemaStatements } from '../support/schema.ts';

describe('schema.sql', () => {
  let db: D1Database;
  beforeEach(async () => {
    db = await freshDatabase();
  });

  it('creates the organisation default (contract §4)', async () => {
    const rows = await db.prepare('SELECT slug FROM organisation').all<{ slug: string }>();
    expect(rows.results).toEqual([{ slug: 'default' }]);
  });

  it('changes nothing when it is applied again', async () => {
    const dump = 'SELECT type, name, sql FROM sqlite_schema ORDER BY name';
    const before = await db.prepare(dump).all();
    await db.batch(schemaStatements.map((statement) => db.prepare(statement)));
    expect((await db.prepare(dump).all()).results).toEqual(before.results);
    expect((await db.prepare('SELECT * FROM organisation').all()).results).toHaveLength(1);
  });
});
