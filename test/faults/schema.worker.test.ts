// A database without its schema, or with that of another version: nothing is issued, and /readyz names what is missing (docs/reliability.md).

import { describe, expect, it } from 'vitest';

import { schemaStatements } from '../support/schema.ts';
import { expectUnavailable, startWorld } from './world.ts';
import type { World } from './world.ts';

/** What keeps the deployment from being ready, as its operator reads it. */
async function faultsOf({ deployment }: World): Promise<string[]> {
  const { status, body } = await deployment.send('/readyz');
  expect(status).toBe(body.faults === undefined ? 200 : 503);
  return (body.faults ?? []).map(({ setting, detail }: { setting: string; detail: string }) => `${setting}: ${detail}`);
}

async function applySchema({ deployment: { db } }: World): Promise<void> {
  await db.batch(schemaStatements.map((statement) => db.prepare(statement)));
}

async function grants({ deployment: { db } }: World): Promise<number> {
  const { results } = await db.prepare("SELECT id FROM audit_event WHERE outcome = 'granted'").all();
  return results.length;
}

describe('a database without a table', () => {
  it.each(['signing_key', 'used_token', 'revoked_token', 'audit_event'])(
    'that is %s is named at /readyz, what needs it is 503, and all works again once schema.sql is applied (contract §0)',
    async (table) => {
      const world = await startWorld({ replayProtection: 'singleUse' });
      const { deployment, works, exchange, token } = world;
      const issued = (await exchange()).body.access_token as string;
      await deployment.db.prepare(`DROP TABLE ${table}`).run();
      // An isolate that knows the rules does not read them.
      deployment.coldStart();
      expect(await faultsOf(world)).toEqual([
        `DB: DB lacks tables or indexes (no such table: ${table}): apply schema.sql (npx wrangler d1 execute DB --remote --file schema.sql)`,
      ]);
      const form = { method: 'POST', body: new URLSearchParams({ token: issued }) };
      // An exchange never asks which tokens were revoked.
      if (table === 'revoked_token') {
        await works();
        expectUnavailable(await deployment.send('/oidc/revoke', form));
      } else expectUnavailable(await exchange());
      const refused = await deployment.exchange(await token({ sub: 'job:evil' }));
      if (table === 'signing_key' || table === 'audit_event') expectUnavailable(refused);
      else expect(refused.status).toBe(400);
      await applySchema(world);
      expect(await faultsOf(world)).toEqual([]);
      await works();
    },
  );

  it('answers 503 at every door while it has none at all (contract §0)', async () => {
    const world = await startWorld();
    const { deployment, exchange } = world;
    for (const { name } of (
      await deployment.db
        .prepare(
          "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite%' ORDER BY rowid DESC",
        )
        .all<{ name: string }>()
    ).results)
      await deployment.db.prepare(`DROP TABLE ${name}`).run();
    expect(await faultsOf(world)).toEqual([expect.stringMatching(/^DB: DB is older than this code: 0001_/)]);
    expectUnavailable(await exchange());
    expectUnavailable(await deployment.send('/.well-known/jwks.json'));
    expect((await deployment.iam('GET', '/v1/service-accounts')).status).toBe(503);
    await applySchema(world);
    expect(await faultsOf(world)).toEqual([]);
    // Empty, so that nobody is let in who was not registered anew.
    expect((await exchange()).status).toBe(400);
  });
});

describe('a database without a trigger', () => {
  it.each([
    'DROP TRIGGER policy_of_role_updated',
    "DELETE FROM policy_version WHERE scope = 'deployment'",
    "DELETE FROM policy_version WHERE scope = 'org_00000000000000000000000000'",
  ])('that tells of changed rules (%s) says so at /readyz until schema.sql is applied (contract §7)', async (sql) => {
    const world = await startWorld();
    const { deployment, works, exchange } = world;
    await works();
    await deployment.db.prepare(sql).run();
    expect(await faultsOf(world)).toEqual([expect.stringContaining('policy_version')]);
    // Without a version nothing can be proven to be still so.
    if (sql.startsWith('DELETE')) expectUnavailable(await exchange());
    await applySchema(world);
    expect(await faultsOf(world)).toEqual([]);
    await works();
  });
});

describe('a database of another version', () => {
  it.each([
    ['audit_event', 'collapse_key'],
    ['audit_event_request', 'event_id'],
    ['federated_identity', 'replay_protection'],
    ['identity_provider', 'keys_version'],
    ['signing_key', 'published_at'],
  ])('whose %s lacks %s issues nothing and says so at /readyz (contract §0)', async (table, column) => {
    const world = await startWorld();
    const { deployment, works, exchange, token } = world;
    await works();
    const before = await grants(world);
    await deployment.db.prepare(`ALTER TABLE ${table} RENAME COLUMN ${column} TO another_one`).run();
    deployment.coldStart();
    expect(await faultsOf(world)).toEqual([
      expect.stringMatching(new RegExp(`^DB: DB has tables of another version .*${column}`)),
    ]);
    // A refusal needs the columns that count equal ones, a grant does not.
    if (['collapse_key', 'event_id'].includes(column))
      expectUnavailable(await deployment.exchange(await token({ sub: 'job:evil' })));
    else {
      expectUnavailable(await exchange());
      expect(await grants(world)).toBe(before);
    }
    await deployment.db.prepare(`ALTER TABLE ${table} RENAME COLUMN another_one TO ${column}`).run();
    expect(await faultsOf(world)).toEqual([]);
    await works();
  });

  it('that lacks an index is named at /readyz, and refusals that it bounds are 503 until schema.sql is applied (contract §0)', async () => {
    const world = await startWorld();
    const { deployment, works, token } = world;
    await deployment.db.prepare('DROP INDEX audit_event_by_outcome').run();
    expect(await faultsOf(world)).toEqual([expect.stringContaining('no such index: audit_event_by_outcome')]);
    expectUnavailable(await deployment.exchange(await token({ sub: 'job:evil' })));
    await works();
    await applySchema(world);
    expect(await faultsOf(world)).toEqual([]);
    expect((await deployment.exchange(await token({ sub: 'job:evil' }))).status).toBe(400);
  });
});

describe('the record of migrations', () => {
  const warningsOf = async ({ deployment }: World): Promise<unknown> =>
    (await deployment.send('/readyz')).body.warnings;

  it.each([
    ['DELETE FROM d1_migrations', '0001_initial.sql is not applied'],
    ['DROP TABLE d1_migrations', '0001_initial.sql is not applied'],
  ])(
    'of a database that is older than the code (%s) makes /readyz 503, naming what is missing and the command (contract §8)',
    async (change, expected) => {
      const world = await startWorld();
      const { deployment } = world;
      await deployment.db.prepare(change).run();
      const faults = await faultsOf(world);
      expect(faults).toEqual([
        expect.stringMatching(`^DB: DB is older than this code: ${expected}; run .npm run deploy`),
      ]);
      expect(await warningsOf(world)).toBeUndefined();
      await deployment.db.batch(schemaStatements.slice(0, 1).map((statement) => deployment.db.prepare(statement)));
      await deployment.db.prepare("INSERT INTO d1_migrations (name) VALUES ('0001_initial.sql')").run();
      expect(await faultsOf(world)).toEqual([]);
    },
  );

  it('of a newer database is a warning, and everything works (contract §8)', async () => {
    const world = await startWorld();
    await world.deployment.db.prepare("INSERT INTO d1_migrations (name) VALUES ('0002_of_tomorrow.sql')").run();
    expect(await faultsOf(world)).toEqual([]);
    expect(await warningsOf(world)).toEqual([
      { setting: 'DB', detail: expect.stringMatching(/^DB is newer than this code: it has 0002_of_tomorrow\.sql,/) },
    ]);
    await world.works();
  });

  it('of an older database is named once, whatever it lacks for that reason', async () => {
    const world = await startWorld();
    await world.deployment.db.prepare('DELETE FROM d1_migrations').run();
    await world.deployment.db.prepare('DROP TABLE signing_key').run();
    const faults = await faultsOf(world);
    expect(faults.filter((fault) => fault.startsWith('DB:'))).toEqual([
      expect.stringContaining('is older than this code'),
    ]);
  });
});

describe('a migration that is applied while the older code serves', () => {
  it('costs nobody a token: exchanges go on over it, and after it (contract §8)', async () => {
    const world = await startWorld({ replayProtection: 'singleUse' });
    const { deployment } = world;
    const { db } = deployment;
    const rounds = async (): Promise<number[]> =>
      await Promise.all(Array.from({ length: 10 }, async () => (await world.exchange()).status));
    // As wrangler applies it: the statements and the record in one transaction.
    const migration = [
      "ALTER TABLE federated_identity ADD COLUMN colour TEXT NOT NULL DEFAULT 'grey'",
      'ALTER TABLE audit_event ADD COLUMN weight INTEGER',
      'CREATE INDEX federated_identity_by_colour ON federated_identity (colour)',
      "UPDATE federated_identity SET colour = 'blue'",
      "INSERT INTO d1_migrations (name) VALUES ('0002_made_up.sql')",
    ];
    const [before, , during] = await Promise.all([
      rounds(),
      db.batch(migration.map((statement) => db.prepare(statement))),
      rounds(),
    ]);
    const after = await rounds();
    deployment.coldStart();
    const cold = await rounds();
    const all = [...before, ...during, ...after, ...cold];
    expect(all).toEqual(all.map(() => 200));
    expect(await grants(world)).toBe(all.length);
    expect((await deployment.iam('GET', '/v1/federated-identities')).body[0]).not.toHaveProperty('colour');
  });
});
