// Gives a worker test a fresh database: nothing of another test in any binding, and the whole schema.sql applied to env.DB. Worker tests only.

import { env } from 'cloudflare:workers';
import { reset } from 'cloudflare:test';
import schema from '../../schema.sql?raw';
import { sqlStatements } from '../../src/cli/backup/sql-statements.ts';

/** The statements of schema.sql, without comments. */
export const schemaStatements: readonly string[] = sqlStatements(schema);

/** The schema that the database has, and its record of migrations. */
const STATE_QUERY = `SELECT group_concat(text, ';') AS state
  FROM (SELECT sql AS text FROM sqlite_schema UNION ALL SELECT name FROM d1_migrations ORDER BY 1)`;
const tables = schemaStatements.flatMap((statement) => /^CREATE TABLE IF NOT EXISTS (\w+)/.exec(statement)?.[1] ?? []);
/** Those that refer to others come first. What triggers write into a table that was empty already goes in the second round. */
const emptying = [...tables, ...tables]
  .reverse()
  .filter((table) => table !== 'd1_migrations')
  .map((table) => `DELETE FROM ${table}`);
const filling = schemaStatements.filter((statement) => statement.startsWith('INSERT'));

/** What a fresh database says of itself; null before there was one. */
let applied: string | null = null;

/** Empties every binding and applies the schema; call it in beforeEach, since storage is not isolated between tests. */
export async function freshDatabase(): Promise<D1Database> {
  // To create the tables takes ten times as long as to empty them.
  if ((await isEmptied()) && (await emptyStores())) return env.DB;
  // A database that is still at work for the test before is not emptied, and nothing says so.
  do await reset();
  while ((await env.DB.prepare('SELECT name FROM sqlite_schema WHERE name = ?').bind('organisation').first()) !== null);
  await env.DB.batch(schemaStatements.map((statement) => env.DB.prepare(statement)));
  applied = await env.DB.prepare(STATE_QUERY).first<string>('state');
  return env.DB;
}

/** Empties the tables, unless a test has changed them. */
async function isEmptied(): Promise<boolean> {
  if (applied === null) return false;
  try {
    const statements = [STATE_QUERY, ...emptying, ...filling].map((sql) => env.DB.prepare(sql));
    const [found] = await env.DB.batch<{ state: string }>(statements);
    return found?.results[0]?.state === applied;
  } catch {
    return false;
  }
}

/** Empties KV and buckets, whatever they are called; false if one has too much for that. */
async function emptyStores(): Promise<boolean> {
  const bindings: readonly object[] = Object.values(env);
  const emptied = await Promise.all(
    bindings.map(async (binding) => {
      switch (binding.constructor.name) {
        case 'KvNamespace': {
          const store = binding as KVNamespace;
          const { keys, list_complete: isAll } = await store.list();
          await Promise.all(keys.map(({ name }) => store.delete(name)));
          return isAll;
        }
        case 'R2Bucket': {
          const store = binding as R2Bucket;
          const { objects, truncated } = await store.list();
          if (objects.length > 0) await store.delete(objects.map(({ key }) => key));
          return !truncated;
        }
        default:
          return true;
      }
    }),
  );
  return emptied.every(Boolean);
}
