// Gives a worker test a fresh database: drops nothing by itself, applies the whole schema.sql to env.DB. Worker tests only.

import { env } from 'cloudflare:workers';
import { reset } from 'cloudflare:test';
import schema from '../../schema.sql?raw';
import { sqlStatements } from '../../scripts/local/sql-statements.ts';

/** The statements of schema.sql, without comments. */
export const schemaStatements: readonly string[] = sqlStatements(schema);

/** Empties every binding and applies the schema; call it in beforeEach, since storage is not isolated between tests. */
export async function freshDatabase(): Promise<D1Database> {
  // A database that is still at work for the test before is not emptied, and nothing says so.
  do await reset();
  while ((await env.DB.prepare('SELECT name FROM sqlite_schema WHERE name = ?').bind('organisation').first()) !== null);
  await env.DB.batch(schemaStatements.map((statement) => env.DB.prepare(statement)));
  return env.DB;
}
