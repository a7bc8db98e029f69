// What the scheduled sweep removes: rows whose time is over, a bounded number a run, and never one that still decides something.

import { SECONDS_PER_DAY, SWEEP_GRACE_SECONDS, SWEPT_ROWS_PER_RUN } from './limits.ts';
import { runBatch } from './d1.ts';
import { requestIdAt } from './request-ids.ts';

// A used token is kept beyond its own expiry plus the clock skew (exchange/single-use.ts), so a purge cannot reopen it.
const USED = `DELETE FROM used_token WHERE replay_key IN (SELECT replay_key FROM used_token WHERE expires_at < ?1 LIMIT ${SWEPT_ROWS_PER_RUN})`;
const REVOKED = `DELETE FROM revoked_token WHERE token_id IN (SELECT token_id FROM revoked_token WHERE expires_at < ?1 LIMIT ${SWEPT_ROWS_PER_RUN})`;
// Begins a statement that needs every organisation in a table; an index steps through its few first values. A deleted one's count too.
const organisationsIn = (
  table: 'audit_event' | 'audit_event_request',
): string => `WITH RECURSIVE organisation_seen (id) AS (SELECT min(organisation_id) FROM ${table} UNION ALL
  SELECT (SELECT min(organisation_id) FROM ${table} WHERE organisation_id > organisation_seen.id)
  FROM organisation_seen WHERE organisation_seen.id IS NOT NULL)`;
/** Begins a statement that needs every organisation with events. */
export const EVENT_ORGANISATIONS: string = organisationsIn('audit_event');
const AUDIT = `DELETE FROM audit_event WHERE (organisation_id, id) IN (${EVENT_ORGANISATIONS}
  SELECT e.organisation_id, e.id FROM organisation_seen CROSS JOIN audit_event e ON e.organisation_id = organisation_seen.id AND e.time < ?1
  LIMIT ${SWEPT_ROWS_PER_RUN})`;

const REQUESTS = `DELETE FROM audit_event_request WHERE (organisation_id, request_id, event_id) IN (${organisationsIn('audit_event_request')}
  SELECT r.organisation_id, r.request_id, r.event_id FROM organisation_seen
  CROSS JOIN audit_event_request r ON r.organisation_id = organisation_seen.id AND r.request_id < ?1
  LIMIT ${SWEPT_ROWS_PER_RUN})`;

/** Removes what is over at `now` (epoch seconds); the numbers of rows removed. Throws StorageUnavailable. */
export async function sweep(
  db: D1Database,
  now: number,
  auditRetentionDays: number,
): Promise<{ usedTokens: number; revokedTokens: number; auditEvents: number }> {
  const auditEnd = now - auditRetentionDays * SECONDS_PER_DAY;
  const [used, revoked, audit] = await runBatch(db, [
    db.prepare(USED).bind(now - SWEEP_GRACE_SECONDS),
    db.prepare(REVOKED).bind(now - SWEEP_GRACE_SECONDS),
    db.prepare(AUDIT).bind(auditEnd),
    db.prepare(REQUESTS).bind(requestIdAt(auditEnd)),
  ]);
  return {
    usedTokens: used?.meta.changes ?? 0,
    revokedTokens: revoked?.meta.changes ?? 0,
    auditEvents: audit?.meta.changes ?? 0,
  };
}
