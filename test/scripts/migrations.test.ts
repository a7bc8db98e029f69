// The numbered changes of the schema: together they make what schema.sql is, the code knows each, and older code can live with the newest.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { describe, expect, it } from 'vitest';

import { firstMigrationOf } from '../../scripts/first-migration.ts';
import { migrate, readMigrations } from '../../scripts/local/migrate.ts';
import type { Database } from '../../scripts/local/migrate.ts';
import { sqlStatements } from '../../src/cli/backup/sql-statements.ts';
import { MIGRATIONS } from '../../src/store/migrations.ts';

const ROOT = join(import.meta.dirname, '../..');
const schema = readFileSync(join(ROOT, 'schema.sql'), 'utf8');
const files = readdirSync(join(ROOT, 'migrations')).toSorted();

function databaseOf(...sources: readonly (readonly string[])[]): DatabaseSync {
  const db = new DatabaseSync(':memory:');
  for (const statement of sources.flat()) db.exec(statement);
  return db;
}

/** Every part of a schema by its name, its text without comments and spacing. */
function parts(db: DatabaseSync): Record<string, string> {
  const rows = db
    .prepare(
      "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT IN ('d1_migrations', 'sqlite_sequence')",
    )
    .all() as { type: string; name: string; sql: string }[];
  const plain = (sql: string): string =>
    sqlStatements(sql)
      .join(';')
      .replaceAll(/\s+/g, ' ')
      .replaceAll(/ ?([(),]) ?/g, '$1');
  return Object.fromEntries(rows.map(({ type, name, sql }) => [`${type} ${name}`, plain(sql)]));
}

/** D1's functions over SQLite of this process. */
function asD1(db: DatabaseSync): Database {
  type Prepared = ReturnType<Database['prepare']> & { readonly run: () => void };
  const prepare = (sql: string, values: (string | number | null)[] = []): Prepared => ({
    bind: (...next) => prepare(sql, next as (string | number | null)[]),
    all: async <Row>() => ({ results: db.prepare(sql).all(...values) as Row[] }),
    run: () => void db.prepare(sql).run(...values),
  });
  return {
    prepare,
    batch: async (statements) => {
      db.exec('BEGIN');
      try {
        for (const statement of statements as Prepared[]) statement.run();
        db.exec('COMMIT');
      } catch (error) {
        db.exec('ROLLBACK');
        throw error;
      }
    },
  };
}

const applied = (db: DatabaseSync): unknown[] =>
  db
    .prepare('SELECT name FROM d1_migrations ORDER BY id')
    .all()
    .map((row) => row['name']);

describe('migrations/', () => {
  it('makes the same database as schema.sql; if not, run `npm run generate` (contract §8)', () => {
    const migrated = databaseOf(...readMigrations().map(({ statements }) => statements));
    expect(parts(migrated)).toEqual(parts(databaseOf(sqlStatements(schema))));
    expect(Object.keys(parts(migrated)).length).toBeGreaterThan(30);
  });

  it('is known to the code and recorded by schema.sql, name by name (contract §8)', () => {
    expect(files).toEqual(MIGRATIONS);
    expect(applied(databaseOf(sqlStatements(schema)))).toEqual(MIGRATIONS);
  });

  it('has the numbers 1, 2, 3 and so on, each once', () => {
    expect(files.map((name) => Number(/^(\d{4})_[a-z0-9_]+\.sql$/.exec(name)?.[1]))).toEqual(
      files.map((_, index) => index + 1),
    );
  });

  it('only adds, so that the release before works on the newer database (contract §8)', () => {
    const removing = readMigrations().flatMap(({ name, statements }) =>
      statements.filter((statement) => !isAdditive(statement)).map((statement) => `${name}: ${statement}`),
    );
    expect(removing).toEqual([]);
  });
});

/** What code that does not know of it never notices: new tables, indexes, triggers and rows, columns that may be left out. */
function isAdditive(statement: string): boolean {
  if (/^CREATE (?:TABLE|INDEX|TRIGGER|UNIQUE INDEX)\b/i.test(statement)) return true;
  if (/^(?:INSERT|UPDATE)\b/i.test(statement)) return true;
  if (!/^ALTER TABLE \w+ ADD (?:COLUMN )?/i.test(statement)) return false;
  return !/\bNOT NULL\b/i.test(statement) || /\bDEFAULT\b/i.test(statement);
}

describe('the rule that a migration only adds', () => {
  it.each([
    ['ALTER TABLE a ADD COLUMN b TEXT', true],
    ["ALTER TABLE a ADD COLUMN b TEXT NOT NULL DEFAULT ''", true],
    ['CREATE INDEX a_by_b ON a (b)', true],
    ['ALTER TABLE a ADD COLUMN b TEXT NOT NULL', false],
    ['ALTER TABLE a RENAME COLUMN b TO c', false],
    ['ALTER TABLE a DROP COLUMN b', false],
    ['DROP TABLE a', false],
    ['DROP INDEX a_by_b', false],
    ['DELETE FROM a', false],
  ])('%s: %s', (statement, expected) => expect(isAdditive(statement)).toBe(expected));
});

describe('schema.sql', () => {
  it('does not say of a database from before that it has had the migrations', () => {
    const old = databaseOf(['CREATE TABLE organisation (id TEXT PRIMARY KEY, slug TEXT, name TEXT)']);
    old.exec(sqlStatements(schema).slice(0, 2).join(';'));
    expect(applied(old)).toEqual([]);
  });

  it('records nothing in the first migration, which wrangler records itself', () => {
    expect(firstMigrationOf(schema)).not.toContain('d1_migrations');
  });
});

describe('the statements of a file', () => {
  it('keep the body of a trigger, strings and quoted names whole, and lose their comments', () => {
    const trigger =
      "CREATE TRIGGER t AFTER UPDATE ON a BEGIN UPDATE b SET c = CASE WHEN d THEN 1 ELSE 2 END; SELECT ';'; END";
    const source = `-- a; b\nCREATE TABLE a (b TEXT, -- c; d\n "e;f" TEXT);\n/* g; h */\n${trigger};\nSELECT 'it''s; fine'`;
    expect(sqlStatements(source)).toEqual(['CREATE TABLE a (b TEXT, \n "e;f" TEXT)', trigger, "SELECT 'it''s; fine'"]);
  });
});

describe('a local database', () => {
  const next = {
    name: '0002_made_up.sql',
    statements: ["ALTER TABLE role ADD COLUMN colour TEXT NOT NULL DEFAULT 'blue'"],
  };

  it('gets what it has not had, once, with wrangler’s record (contract §8)', async () => {
    const db = new DatabaseSync(':memory:');
    expect(await migrate(asD1(db))).toEqual(MIGRATIONS);
    expect(await migrate(asD1(db))).toEqual([]);
    expect(await migrate(asD1(db), [...readMigrations(), next])).toEqual([next.name]);
    expect(applied(db)).toEqual([...MIGRATIONS, next.name]);
    // Older code finds a newer database, and leaves it as it is.
    expect(await migrate(asD1(db))).toEqual([]);
    expect(applied(db)).toEqual([...MIGRATIONS, next.name]);
  });

  it('from before migrations were recorded counts as having the first, if it has all of it', async () => {
    const db = databaseOf(sqlStatements(firstMigrationOf(schema)));
    expect(await migrate(asD1(db))).toEqual([]);
    expect(applied(db)).toEqual(MIGRATIONS.slice(0, 1));
  });

  it.each([
    'DROP INDEX role_by_organisation',
    'DROP TABLE revoked_token',
    'ALTER TABLE signing_key DROP COLUMN revoked_at',
  ])('from before that differs (%s) is refused in one sentence, and not changed', async (change) => {
    const db = databaseOf(sqlStatements(firstMigrationOf(schema)));
    db.exec(change);
    const before = parts(db);
    await expect(migrate(asD1(db))).rejects.toThrow(
      /made by a version before the first release and lacks the (?:index|table|column) \S+/,
    );
    expect(parts(db)).toEqual(before);
  });

  it('keeps all or nothing of a migration that fails', async () => {
    const db = new DatabaseSync(':memory:');
    await migrate(asD1(db));
    const broken = { name: '0002_broken.sql', statements: [...next.statements, 'CREATE INDEX i ON nowhere (a)'] };
    await expect(migrate(asD1(db), [...readMigrations(), broken])).rejects.toThrow('nowhere');
    expect(applied(db)).toEqual(MIGRATIONS);
    expect(parts(db)).toEqual(parts(databaseOf(sqlStatements(schema))));
  });
});
