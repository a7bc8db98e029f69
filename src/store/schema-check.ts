// Whether D1 has every table, column and index that exchanges and their tokens need; reads no row of anybody's.

import { StorageUnavailable } from '../exchange/ports.ts';
import { runBatch } from './d1.ts';
import { EVENT_COLUMNS } from './exchange-events.ts';
import { EXCHANGE_STATEMENTS } from './exchange-facts.ts';
import { TOKEN_STANDING_STATEMENTS } from './issued-tokens.ts';

/**
 * What is written and read nowhere else, and the index that a write names.
 * @internal The test that each index is used by a statement needs it.
 */
export const WRITTEN_STATEMENTS: readonly string[] = [
  `SELECT ${EVENT_COLUMNS}, count, collapse_key
    FROM audit_event INDEXED BY audit_event_by_outcome WHERE organisation_id = ?1 AND outcome = ?2 AND outcome <> 'granted'`,
  'SELECT request_id, event_id, organisation_id FROM audit_event_request WHERE request_id = ?1',
  'SELECT replay_key, token_id, expires_at FROM used_token WHERE replay_key = ?1',
  'SELECT token_id, revoked_at, expires_at FROM revoked_token WHERE token_id = ?1',
  'SELECT last_fetched_at, fetched_keys, last_fetch_error FROM identity_provider WHERE id = ?1',
];

/**
 * What keeps D1 from its work, and what to do; empty if nothing does. The statements are run and not explained: a plan may be
 * an old one, since explaining does not look whether the schema has changed.
 */
export async function databaseFaults(db: D1Database): Promise<readonly string[]> {
  const statements = [...EXCHANGE_STATEMENTS, ...TOKEN_STANDING_STATEMENTS, ...WRITTEN_STATEMENTS];
  try {
    await runBatch(
      db,
      statements.map((sql) => db.prepare(sql).bind(...nullsFor(sql))),
    );
    return [];
  } catch (error) {
    return [faultOf(error)];
  }
}

/** A fault of the schema is told by SQLite's words for it. */
function faultOf(error: unknown): string {
  const cause = error instanceof StorageUnavailable ? String(error.cause) : String(error);
  const missing = /no such (?:table|index): \w+/.exec(cause)?.[0];
  if (missing !== undefined)
    return `DB lacks tables or indexes (${missing}): apply schema.sql (npm run deploy does it first)`;
  const column = /no such column: [\w.]+|has no column named \w+/.exec(cause)?.[0];
  if (column !== undefined)
    return `DB has tables of another version (${column}): add the column as schema.sql has it, which does not change tables that exist`;
  return `DB does not answer: ${cause}`;
}

/** Values that no row has. D1 takes exactly as many as a statement has parameters. */
function nullsFor(sql: string): null[] {
  const parameters = [...sql.matchAll(/\?(\d+)/g)].map(([, number]) => Number(number));
  return Array.from({ length: Math.max(0, ...parameters) }, () => null);
}
