// Writes what an exchange decided: audit event, single use and last use in one transaction, or nothing at all.

import type { NewAuditEvent } from '../objects/audit-log.ts';
import type { CollapsingEvent, FetchedKeys, GrantRecord, SingleUse } from '../exchange/ports.ts';
import { runBatch } from './d1.ts';
import { collapsedStatements, EVENT_COLUMNS, EVENT_VALUES, eventValues } from './exchange-events.ts';

const INSERT_EVENT = `INSERT INTO audit_event (${EVENT_COLUMNS}) VALUES (${EVENT_VALUES})`;
// The single use is decided by who inserted the row; everything else of the grant follows only that one.
const CONSUME = 'INSERT INTO used_token (replay_key, token_id, expires_at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING';
const INSERT_EVENT_IF_CONSUMED = `INSERT INTO audit_event (${EVENT_COLUMNS}) SELECT ${EVENT_VALUES}
  WHERE EXISTS (SELECT 1 FROM used_token WHERE replay_key = ?18 AND token_id = ?15)`;
const TOUCH = 'UPDATE federated_identity SET last_used_at = ?2 WHERE id = ?1';
const TOUCH_IF_CONSUMED = `${TOUCH} AND EXISTS (SELECT 1 FROM used_token WHERE replay_key = ?3 AND token_id = ?4)`;

const NOTE_FETCH =
  'UPDATE identity_provider SET last_fetched_at = ?2, fetched_keys = ?3, last_fetch_error = NULL WHERE id = ?1';

/** Records a grant in one transaction. Throws StorageUnavailable. */
export async function recordGrant(
  db: D1Database,
  { event, singleUse, touch, shadow, fetched }: GrantRecord,
): Promise<'recorded' | 'already_used'> {
  const results = await runBatch(db, [
    ...(singleUse === null ? [insertEvent(db, event)] : singleUseStatements(db, event, singleUse)),
    ...(touch ? [touchStatement(db, event, singleUse)] : []),
    ...(shadow === null ? [] : await collapsedStatements(db, shadow)),
    ...fetchStatements(db, fetched),
  ]);
  return singleUse !== null && results[0]?.meta.changes !== 1 ? 'already_used' : 'recorded';
}

/** Records a refusal, or counts it if an equal one, or too many others, are less than a minute old. Throws StorageUnavailable. */
export async function recordRefusal(
  db: D1Database,
  refusal: CollapsingEvent,
  fetched: FetchedKeys | null,
): Promise<void> {
  await runBatch(db, [...(await collapsedStatements(db, refusal)), ...fetchStatements(db, fetched)]);
}

/** The statement that appends one event, for a batch. */
export function insertEvent(db: D1Database, event: NewAuditEvent): D1PreparedStatement {
  return db.prepare(INSERT_EVENT).bind(...eventValues(event));
}

function singleUseStatements(
  db: D1Database,
  event: NewAuditEvent,
  { replayKey, expiresAt }: SingleUse,
): D1PreparedStatement[] {
  return [
    db.prepare(CONSUME).bind(replayKey, event.tokenId, expiresAt),
    db.prepare(INSERT_EVENT_IF_CONSUMED).bind(...eventValues(event), replayKey),
  ];
}

function touchStatement(db: D1Database, event: NewAuditEvent, singleUse: SingleUse | null): D1PreparedStatement {
  const values = [event.federatedIdentityId, event.time];
  return singleUse === null
    ? db.prepare(TOUCH).bind(...values)
    : db.prepare(TOUCH_IF_CONSUMED).bind(...values, singleUse.replayKey, event.tokenId);
}

function fetchStatements(db: D1Database, fetched: FetchedKeys | null): D1PreparedStatement[] {
  if (fetched === null) return [];
  return [db.prepare(NOTE_FETCH).bind(fetched.providerId, fetched.fetchedAt, JSON.stringify(fetched.keys))];
}
