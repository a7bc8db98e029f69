// What a restore makes of a database, table by table, over the schema itself: the same database, another one, a newer schema.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { describe, expect, it } from 'vitest';

import {
  AFTER_TIME_TRAVEL,
  composeRestore,
  END_OF_BACKUP,
  isWhole,
  readBackup,
} from '../../src/cli/backup/compose-restore.ts';
import type { Backup, Migration } from '../../src/cli/backup/compose-restore.ts';
import { sqlStatements } from '../../src/cli/backup/sql-statements.ts';
import { cambist } from './support/cli.ts';
import { CONFIGURATION, HISTORY, LEFT, SPENT } from '../../src/cli/backup/tables.ts';

const schema = sqlStatements(readFileSync('schema.sql', 'utf8'));
const DEFAULT = 'org_00000000000000000000000000';

function database(): DatabaseSync {
  const db = new DatabaseSync(':memory:');
  for (const statement of schema) db.exec(statement);
  return db;
}

const tablesOf = (db: DatabaseSync): string[] =>
  db
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
    .all()
    .map(({ name }) => String(name));

/** A backup as wrangler writes it. */
function backUp(db: DatabaseSync): Backup {
  const quoted = (value: unknown): string =>
    value === null ? 'NULL' : typeof value === 'number' ? String(value) : `'${String(value).replaceAll("'", "''")}'`;
  const text = tablesOf(db).flatMap((table) =>
    db
      .prepare(`SELECT * FROM "${table}"`)
      .all()
      .map((row) => {
        const columns = Object.keys(row).map((column) => `"${column}"`);
        return `INSERT INTO "${table}" (${columns.join(',')}) VALUES(${Object.values(row).map(quoted).join(',')});`;
      }),
  );
  const backup = readBackup(sqlStatements(text.join('\n')));
  if (backup === null) throw new Error('it has no organisation');
  return backup;
}

function run(db: DatabaseSync, statements: readonly string[]): void {
  db.exec('PRAGMA foreign_keys = ON');
  db.exec('BEGIN');
  db.exec('PRAGMA defer_foreign_keys = TRUE');
  for (const statement of statements) db.exec(statement);
  db.exec('COMMIT');
}

const restore = (db: DatabaseSync, backup: Backup, migrations: readonly Migration[] = []): void =>
  run(db, composeRestore(backup, migrations));

const column = (db: DatabaseSync, sql: string): unknown[] =>
  db
    .prepare(sql)
    .all()
    .map((row) => Object.values(row)[0]);

/** A database with one of each that matters. */
function used(): DatabaseSync {
  const db = database();
  db.exec(
    `INSERT INTO organisation (id, slug, name, created_at, updated_at) VALUES ('org_a', 'acme', 'it''s; acme', 1, 1)`,
  );
  db.exec(`INSERT INTO identity_provider (id, organisation_id, name, issuer, status, preset, allowed_algorithms, max_token_lifetime,
    subject_claim, created_at, updated_at) VALUES ('idp_a', 'org_a', 'p', 'https://i', 'active', 'generic', '[]', 60, 'sub', 1, 1)`);
  db.exec(`INSERT INTO service_account (id, organisation_id, slug, name, status, created_at, updated_at)
    VALUES ('sa_a', 'org_a', 'deploy', 'deploy', 'active', 1, 1)`);
  db.exec("INSERT INTO used_token VALUES ('used before', 'jti', 99)");
  event(db, 'evt_01');
  key(db, 'k1', 'active');
  return db;
}

function event(db: DatabaseSync, id: string): void {
  db.exec(`INSERT INTO audit_event (organisation_id, id, time, request_id, actor, action, outcome)
    VALUES ('org_a', '${id}', 1, 'r', 'a', 'token.exchange', 'granted')`);
}

function key(db: DatabaseSync, kid: string, status: string): void {
  db.exec(`INSERT INTO signing_key (kid, alg, status, published_at) VALUES ('${kid}', 'ES256', '${status}', 1)`);
}

describe('the tables', () => {
  it('each have a place in a restore', () => {
    const placed = [...CONFIGURATION, ...SPENT, ...HISTORY, ...LEFT];
    expect(tablesOf(database()).filter((table) => !placed.includes(table))).toEqual([]);
    expect(new Set(placed).size).toBe(placed.length);
  });

  it('of the configuration stand before those that refer to them', () => {
    const db = database();
    for (const [at, table] of CONFIGURATION.entries()) {
      const parents = column(db, `SELECT "table" FROM pragma_foreign_key_list('${table}')`).map(String);
      for (const parent of parents) expect(CONFIGURATION.indexOf(parent), `${table} → ${parent}`).toBeLessThan(at);
    }
  });
});

describe('a restore into the same database', () => {
  it('takes the configuration back, and leaves what was spent, recorded and rotated (contract §8)', () => {
    const db = used();
    const backup = backUp(db);
    db.exec("UPDATE service_account SET name = 'renamed'; DELETE FROM identity_provider");
    db.exec(
      "INSERT INTO used_token VALUES ('used after', 'jti2', 99); INSERT INTO revoked_token VALUES ('jti3', 1, 99)",
    );
    event(db, 'evt_02');
    db.exec("UPDATE signing_key SET status = 'revoked', revoked_at = 5");
    key(db, 'k2', 'active');
    restore(db, backup);
    expect(column(db, 'SELECT name FROM service_account')).toEqual(['deploy']);
    expect(column(db, 'SELECT name FROM organisation ORDER BY id')).toContain("it's; acme");
    expect(column(db, 'SELECT id FROM identity_provider')).toEqual(['idp_a']);
    expect(column(db, 'SELECT replay_key FROM used_token ORDER BY 1')).toEqual(['used after', 'used before']);
    expect(column(db, 'SELECT token_id FROM revoked_token')).toEqual(['jti3']);
    expect(column(db, 'SELECT id FROM audit_event ORDER BY id')).toEqual(['evt_01', 'evt_02']);
    expect(column(db, "SELECT kid || ' ' || status FROM signing_key ORDER BY kid")).toEqual([
      'k1 revoked',
      'k2 active',
    ]);
  });

  it('brings back no event that has left the database for the archive since', () => {
    const db = used();
    event(db, 'evt_02');
    const backup = backUp(db);
    db.exec("DELETE FROM audit_event WHERE id = 'evt_02'");
    restore(db, backup);
    expect(column(db, 'SELECT id FROM audit_event')).toEqual(['evt_01']);
  });

  it('ends tokens, forgets caches, and gives every policy version a value that it never had (contract §7, §8)', () => {
    const db = used();
    const backup = backUp(db);
    const versions = column(db, 'SELECT version FROM policy_version');
    const now = Math.floor(Date.now() / 1000);
    restore(db, backup);
    expect(Number(column(db, 'SELECT tokens_not_before FROM service_account')[0])).toBeGreaterThanOrEqual(now);
    expect(Number(column(db, 'SELECT keys_version FROM identity_provider')[0])).toBeGreaterThanOrEqual(now);
    expect(Number(column(db, 'SELECT restored_at FROM restore_point')[0])).toBeGreaterThanOrEqual(now);
    const after = column(db, 'SELECT version FROM policy_version');
    expect(after.filter((version) => versions.includes(version))).toEqual([]);
    expect(column(db, 'SELECT scope FROM policy_version ORDER BY scope')).toEqual(['deployment', DEFAULT, 'org_a']);
  });

  it('can be repeated after it was cut off', () => {
    const db = used();
    const backup = backUp(db);
    restore(db, backup);
    restore(db, backup);
    expect(column(db, 'SELECT id FROM service_account')).toEqual(['sa_a']);
    expect(column(db, 'PRAGMA foreign_key_check')).toEqual([]);
  });
});

describe('a restore into another database', () => {
  it('brings the audit log and what was spent, but no key; only that one was revoked (contract §8)', () => {
    const source = used();
    key(source, 'k0', 'revoked');
    key(source, 'revoked', 'standby');
    const target = database();
    key(target, 'fresh', 'active');
    restore(target, backUp(source));
    expect(column(target, 'SELECT id FROM audit_event')).toEqual(['evt_01']);
    expect(column(target, 'SELECT replay_key FROM used_token')).toEqual(['used before']);
    expect(column(target, "SELECT kid || ' ' || status FROM signing_key ORDER BY kid")).toEqual([
      'fresh active',
      'k0 revoked',
    ]);
  });

  it('revokes a key that is still in the secret and was known to be revoked', () => {
    const source = used();
    source.exec("UPDATE signing_key SET status = 'revoked', revoked_at = 5");
    const target = database();
    key(target, 'k1', 'active');
    restore(target, backUp(source));
    expect(column(target, "SELECT kid || ' ' || status || ' ' || revoked_at FROM signing_key")).toEqual([
      'k1 revoked 5',
    ]);
  });
});

describe('a restore into a newer schema', () => {
  it('fills what a migration since then added, as the migration filled it (contract §8)', () => {
    const db = used();
    const backup = backUp(db);
    const migration: Migration = {
      name: '0002_colours.sql',
      statements: [
        "ALTER TABLE service_account ADD COLUMN colour TEXT NOT NULL DEFAULT 'grey'",
        "UPDATE service_account SET colour = 'blue' WHERE slug = 'deploy'",
      ],
    };
    for (const statement of migration.statements) db.exec(statement);
    restore(db, backup, [{ name: '0001_initial.sql', statements: schema }, migration]);
    expect(column(db, 'SELECT colour FROM service_account')).toEqual(['blue']);
  });
});

describe('a database that Time Travel took back', () => {
  it('has no sealed key left that may have been revoked since, and is as safe as a restored one (contract §8)', () => {
    const db = used();
    for (const status of ['standby', 'retiring'])
      db.exec(
        `INSERT INTO signing_key (kid, alg, source, status, published_at) VALUES ('s-${status}', 'ES256', 'sealed', '${status}', 1)`,
      );
    run(db, AFTER_TIME_TRAVEL);
    expect(column(db, "SELECT kid || ' ' || status FROM signing_key ORDER BY kid")).toEqual([
      'k1 active',
      's-retiring revoked',
      's-standby revoked',
    ]);
    expect(column(db, 'SELECT count(*) FROM restore_point')).toEqual([1]);
    expect(column(db, 'SELECT tokens_not_before IS NOT NULL FROM service_account')).toEqual([1]);
  });
});

describe('a restore that is asked for', () => {
  it('says what it would do, and does nothing if the person at the terminal says no (contract §9)', async () => {
    const asked: string[] = [];
    const ask = async (question: string): Promise<string> => {
      asked.push(question);
      return 'n';
    };
    const ended = await cambist(['restore', '--after-time-travel'], { ask, isTTY: true });
    expect(ended).toMatchObject({ code: 1, stderr: '' });
    expect(ended.stdout).toMatch(/Single-use tokens from before are refused[\s\S]*Nothing was changed\.\n$/);
    expect(asked).toEqual([expect.stringMatching(/^Do this now\?/)]);
  });

  it.each([[[]], [['a.sql', '--after-time-travel']]])(
    'names either a file or --after-time-travel: %j',
    async (args) => {
      const ended = await cambist(['restore', ...args, '--yes']);
      expect(ended).toMatchObject({ code: 2, stderr: expect.stringContaining('not both') });
    },
  );

  it.each([
    [['a', 'b'], 'There are several deployments here.'],
    [[], 'There is no wrangler.toml here.'],
  ])('is told which deployment is meant, of %j', async (names, expected) => {
    const [before, folder] = [process.cwd(), mkdtempSync(join(tmpdir(), 'cambist-clone-'))];
    for (const name of names) {
      mkdirSync(join(folder, '.deployments', name), { recursive: true });
      writeFileSync(join(folder, '.deployments', name, 'wrangler.json'), '{}');
    }
    process.chdir(folder);
    try {
      const ended = await cambist(['restore', '--after-time-travel', '--yes']);
      expect(ended).toMatchObject({ code: 2, stderr: expect.stringContaining(expected) });
    } finally {
      process.chdir(before);
      rmSync(folder, { recursive: true });
    }
  });

  it('is refused outside a clone, before anything is done', async () => {
    const ended = await cambist(['restore', '--after-time-travel', '--yes', '--config', '/nowhere/wrangler.toml']);
    expect(ended).toMatchObject({ code: 2, stderr: expect.stringContaining('There is no /nowhere/wrangler.toml') });
  });
});

describe('what is no backup', () => {
  it.each(['', 'CREATE TABLE a (b TEXT);', 'INSERT INTO "a" ("b") VALUES(1);', 'not SQL at all'])(
    '%j is told apart',
    (text) => {
      expect(readBackup(sqlStatements(text))).toBeNull();
    },
  );
});

describe('a backup that was cut off', () => {
  const rows = `INSERT INTO "organisation" ("id","name") VALUES('org_a','a; b');\nINSERT INTO "role" ("id") VALUES('role_a');\n`;
  const whole = (text: string): boolean => isWhole(text, sqlStatements(text));

  it.each([
    ['by cambist backup', `${rows}${END_OF_BACKUP}\n`],
    ['by wrangler alone', `${rows}CREATE INDEX a_by_b ON a (b);`],
    ['by wrangler alone, and cut within its triggers', `${rows}CREATE TRIGGER a AFTER INSERT ON a BEGIN UPDATE b SET`],
  ])('is told from one that was written %s', (_, text) => {
    expect(whole(text)).toBe(true);
  });

  it.each([
    ['between two rows', rows],
    ['within a row', `${rows}INSERT INTO "role" ("id") VALUES('ro`],
    ['within a row that something follows', `${rows}INSERT INTO "role" ("id") VAL;\n${END_OF_BACKUP}\n`],
    ['within its last line', `${rows}${END_OF_BACKUP.slice(0, -1)}`],
    ['after a row that names an index', `${rows}INSERT INTO "role" ("id") VALUES('CREATE INDEX a');`],
  ])('is one that ends %s', (_, text) => {
    expect(whole(text)).toBe(false);
  });

  it('is not restored, and its whole twin is asked about (contract §8)', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'cambist-cut-'));
    const file = join(folder, 'backup.sql');
    try {
      writeFileSync(file, rows);
      expect(await cambist(['restore', file, '--yes'])).toMatchObject({
        code: 2,
        stdout: '',
        stderr: expect.stringContaining('is not a whole backup'),
      });
      writeFileSync(file, `${rows}${END_OF_BACKUP}\n`);
      expect(await cambist(['restore', file])).toMatchObject({
        code: 2,
        stdout: expect.stringContaining('has 1 organisation, 0 providers'),
        stderr: expect.stringContaining('Nobody is at a terminal'),
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
