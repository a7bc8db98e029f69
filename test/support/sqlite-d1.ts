// D1 as the store uses it, over node:sqlite in memory: each call is one transaction, so that a model test can run thousands of histories.

import { readFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { SQLInputValue, StatementSync } from 'node:sqlite';

import { sqlStatements } from '../../src/cli/backup/sql-statements.ts';

const schema = sqlStatements(readFileSync('schema.sql', 'utf8'));

interface Bound {
  readonly sql: string;
  readonly values: readonly SQLInputValue[];
}

export interface SqliteD1 {
  readonly db: D1Database;
  /** The same database, for what a test changes by hand or looks at. */
  readonly sqlite: DatabaseSync;
}

/** An empty database with the whole schema; `rewrite` changes the statements that reach it through D1. */
export function sqliteD1(rewrite: (sql: string) => string = (sql) => sql): SqliteD1 {
  const sqlite = new DatabaseSync(':memory:');
  for (const statement of schema) sqlite.exec(statement);
  const bound = new WeakMap<object, Bound>();
  const prepared = new Map<string, StatementSync>();
  const prepare = (sql: string): StatementSync => {
    const known = prepared.get(sql) ?? sqlite.prepare(rewrite(sql));
    prepared.set(sql, known);
    return known;
  };
  const totalChanges = (): number => Number(prepare('SELECT total_changes() AS n').get()?.['n'] ?? 0);

  const run = ({ sql, values }: Bound): D1Result<Record<string, unknown>> => {
    const changesBefore = totalChanges();
    const results = prepare(sql).all(...values) as Record<string, unknown>[];
    const changes = totalChanges() - changesBefore;
    const meta = { changes, changed_db: changes > 0, duration: 0, last_row_id: 0, rows_read: 0, rows_written: 0 };
    return { results, success: true, meta: { ...meta, size_after: 0 } };
  };
  const inTransaction = <T>(work: () => T): T => {
    sqlite.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      sqlite.exec('COMMIT');
      return result;
    } catch (error) {
      sqlite.exec('ROLLBACK');
      throw error;
    }
  };
  const statement = (sql: string, values: readonly SQLInputValue[]): D1PreparedStatement => {
    const made = {
      bind: (...given: SQLInputValue[]) => statement(sql, given),
      all: async () => inTransaction(() => run({ sql, values })),
    } as Partial<D1PreparedStatement> as D1PreparedStatement;
    bound.set(made, { sql, values });
    return made;
  };
  const db: Partial<D1Database> = {
    prepare: (sql: string) => statement(sql, []),
    batch: async <T>(statements: D1PreparedStatement[]) =>
      inTransaction(() => statements.map((one) => run(bound.get(one) ?? { sql: '', values: [] }))) as D1Result<T>[],
  };
  return { db: db as D1Database, sqlite };
}
