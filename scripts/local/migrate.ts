// Brings a local database to the newest migration, keeping the record that wrangler keeps, and says what it cannot bring there.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { ROOT } from './bundle.ts';
import { Refusal } from './refusal.ts';
import { sqlStatements } from '../../src/cli/backup/sql-statements.ts';

/** What is needed of D1 here; Miniflare's has types of its own. */
export interface Database {
  prepare(sql: string): Statement;
  batch(statements: Statement[]): Promise<unknown>;
}

interface Statement {
  bind(...values: unknown[]): Statement;
  all<Row>(): Promise<{ readonly results: Row[] }>;
}

/** A table, index or trigger, and of a table its columns. */
type Shape = ReadonlyMap<string, readonly string[]>;

const RECORD = `CREATE TABLE IF NOT EXISTS d1_migrations (
  id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)`;
const SHAPE = `SELECT s.type || ' ' || s.name AS part, c.name AS "column" FROM sqlite_schema s
  LEFT JOIN pragma_table_info(s.name) c ON s.type = 'table' WHERE s.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND s.name NOT LIKE '\\_cf\\_%' ESCAPE '\\'`;

interface Migration {
  readonly name: string;
  readonly statements: readonly string[];
}

/**
 * The migrations of a folder, in order.
 * @internal A test applies them to a database of its own.
 */
export function readMigrations(directory: string = join(ROOT, 'migrations')): readonly Migration[] {
  const names = readdirSync(directory)
    .filter((name) => name.endsWith('.sql'))
    .toSorted();
  return names.map((name) => ({ name, statements: sqlStatements(readFileSync(join(directory, name), 'utf8')) }));
}

/**
 * Applies the migrations that the database has not had, each in a transaction with its record, and returns their names. One from
 * before migrations were recorded counts as having the first, if it has all that this makes. Throws Refusal if it lacks some.
 */
export async function migrate(db: Database, migrations: readonly Migration[] = readMigrations()): Promise<string[]> {
  const [first] = migrations;
  const before = await shapeOf(db);
  const isRecorded = before.has('table d1_migrations');
  if (!isRecorded && before.has('table organisation') && first !== undefined) {
    refuseUnlike(before, [first]);
    await db.batch([db.prepare(RECORD), record(db, first.name)]);
  } else await db.batch([db.prepare(RECORD)]);
  const { results } = await db.prepare('SELECT name FROM d1_migrations').all<{ readonly name: string }>();
  const missing = migrations.filter(({ name }) => !results.some((row) => row.name === name));
  for (const { name, statements } of missing)
    await db.batch([...statements.map((statement) => db.prepare(statement)), record(db, name)]);
  refuseUnlike(await shapeOf(db), migrations);
  return missing.map(({ name }) => name);
}

function record(db: Database, name: string): Statement {
  return db.prepare('INSERT INTO d1_migrations (name) VALUES (?)').bind(name);
}

/** Before the first release the first migration still changes, so a database that has had it may lack something all the same. */
function refuseUnlike(actual: Shape, migrations: readonly Migration[]): void {
  const lacking = whatLacks(actual, expectedShape(migrations));
  if (lacking.length === 0) return;
  const some = lacking.slice(0, 3).join(', ') + (lacking.length > 3 ? ` and ${lacking.length - 3} more` : '');
  throw new Refusal(
    `the database in STATE_DIR was made by a version before the first release and lacks ${some}; no migration mends that. ` +
      'Nothing was lost: write its configuration with `cambist export` of that version, or set another STATE_DIR',
  );
}

/** What of the expected is not there, in words. */
function whatLacks(actual: Shape, expected: Shape): string[] {
  return [...expected].flatMap(([part, columns]) => {
    const there = actual.get(part);
    if (there === undefined) return [`the ${part}`];
    const [, name = ''] = part.split(' ');
    return columns.filter((column) => !there.includes(column)).map((column) => `the column ${name}.${column}`);
  });
}

/** The shape that migrations make of an empty database. */
function expectedShape(migrations: readonly Migration[]): Shape {
  const empty = new DatabaseSync(':memory:');
  try {
    for (const { statements } of migrations) for (const statement of statements) empty.exec(statement);
    return shape(empty.prepare(SHAPE).all() as unknown as readonly Part[]);
  } finally {
    empty.close();
  }
}

interface Part {
  readonly part: string;
  readonly column: string | null;
}

async function shapeOf(db: Database): Promise<Shape> {
  return shape((await db.prepare(SHAPE).all<Part>()).results);
}

function shape(parts: readonly Part[]): Shape {
  const columns = new Map<string, string[]>();
  for (const { part, column } of parts) {
    const known = columns.get(part) ?? [];
    columns.set(part, column === null ? known : [...known, column]);
  }
  return columns;
}
