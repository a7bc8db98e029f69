// Whether D1 has every table, column and index that exchanges and their tokens need; reads no row of anybody's.

import { runBatch } from './d1.ts';
import { EVENT_COLUMNS } from './exchange-events.ts';
import { EXCHANGE_STATEMENTS } from './exchange-facts.ts';
import { TOKEN_STANDING_STATEMENTS } from './revoked-tokens.ts';

/** What is written and read nowhere else, and the index that a write names. */
export const WRITTEN_STATEMENTS: readonly string[] = [
  `SELECT ${EVENT_COLUMNS}, count, last_time, last_request_id, collapse_key
    FROM audit_event INDEXED BY audit_event_by_outcome WHERE organisation_id = ?1 AND outcome = ?2 AND outcome <> 'granted'`,
  'SELECT replay_key, token_id, expires_at FROM used_token WHERE replay_key = ?1',
  'SELECT token_id, revoked_at, expires_at FROM revoked_token WHERE token_id = ?1',
  'SELECT last_fetched_at, fetched_keys, last_fetch_error FROM identity_provider WHERE id = ?1',
];

/**
 * Throws StorageUnavailable where a statement cannot be carried out with the schema as it is; its cause names what is missing.
 * They are run and not explained: a plan may be an old one, since explaining does not look whether the schema has changed.
 */
export async function checkSchema(db: D1Database): Promise<void> {
  const statements = [...EXCHANGE_STATEMENTS, ...TOKEN_STANDING_STATEMENTS, ...WRITTEN_STATEMENTS];
  await runBatch(
    db,
    statements.map((sql) => db.prepare(sql).bind(...nullsFor(sql))),
  );
}

/** Values that no row has. D1 takes exactly as many as a statement has parameters. */
function nullsFor(sql: string): null[] {
  const parameters = [...sql.matchAll(/\?(\d+)/g)].map(([, number]) => Number(number));
  return Array.from({ length: Math.max(0, ...parameters) }, () => null);
}
