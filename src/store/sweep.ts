// What the scheduled sweep removes: rows whose time is over, a bounded number a run, and never one that still decides something.

import { runBatch } from './d1.ts';

const ROWS_PER_RUN = 5_000;

// A used token is kept until its own expiry plus the clock skew (store/decisions.ts), so a purge cannot reopen it.
const USED = `DELETE FROM used_token WHERE replay_key IN (SELECT replay_key FROM used_token WHERE expires_at < ?1 LIMIT ${ROWS_PER_RUN})`;
const REVOKED = `DELETE FROM revoked_token WHERE token_id IN (SELECT token_id FROM revoked_token WHERE expires_at < ?1 LIMIT ${ROWS_PER_RUN})`;
const AUDIT = `DELETE FROM audit_event WHERE (organisation_id, id) IN (SELECT organisation_id, id FROM audit_event WHERE time < ?1 LIMIT ${ROWS_PER_RUN})`;

const SECONDS_PER_DAY = 86_400;

/** Removes what is over at `now` (epoch seconds); the numbers of rows removed. Throws StorageUnavailable. */
export async function sweep(
  db: D1Database,
  now: number,
  auditRetentionDays: number,
): Promise<{ usedTokens: number; revokedTokens: number; auditEvents: number }> {
  const [used, revoked, audit] = await runBatch(db, [
    db.prepare(USED).bind(now),
    db.prepare(REVOKED).bind(now),
    db.prepare(AUDIT).bind(now - auditRetentionDays * SECONDS_PER_DAY),
  ]);
  return {
    usedTokens: used?.meta.changes ?? 0,
    revokedTokens: revoked?.meta.changes ?? 0,
    auditEvents: audit?.meta.changes ?? 0,
  };
}
