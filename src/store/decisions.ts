// Writes what an exchange decided: audit event, single use and last use in one transaction, or nothing at all.

import { sha256 } from '../core/digest.ts';
import { REFUSAL_COLLAPSE_SECONDS } from '../core/limits.ts';
import type { DecisionRecord, FetchedKeys, GrantRecord, SingleUse } from '../core/ports.ts';
import { runBatch } from './d1.ts';

const ACTION = 'token.exchange';
const EVENT_COLUMNS = `organisation_id, id, time, request_id, actor, action, outcome, reason, detail, service_account_id,
  federated_identity_id, issuer, subject, claims, token_id, ip`;
const EVENT_VALUES = '?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16';

const INSERT_EVENT = `INSERT INTO audit_event (${EVENT_COLUMNS}) VALUES (${EVENT_VALUES})`;
// The single use is decided by who inserted the row; everything else of the grant follows only that one.
const CONSUME = 'INSERT INTO used_token (replay_key, token_id, expires_at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING';
const INSERT_EVENT_IF_CONSUMED = `INSERT INTO audit_event (${EVENT_COLUMNS}) SELECT ${EVENT_VALUES}
  WHERE EXISTS (SELECT 1 FROM used_token WHERE replay_key = ?17 AND token_id = ?15)`;
const TOUCH = 'UPDATE federated_identity SET last_used_at = ?2 WHERE id = ?1';
const TOUCH_IF_CONSUMED = `${TOUCH} AND EXISTS (SELECT 1 FROM used_token WHERE replay_key = ?3 AND token_id = ?4)`;

// Equal decisions within a minute are one row: the first keeps its claims, the count and the last request id follow.
const COUNT_EQUAL = `UPDATE audit_event SET count = count + 1, last_time = ?2, last_request_id = ?3
  WHERE organisation_id = ?4 AND id = (SELECT id FROM audit_event WHERE collapse_key = ?1 AND time > ?2 - ${REFUSAL_COLLAPSE_SECONDS} ORDER BY time DESC LIMIT 1)`;
const INSERT_UNLESS_EQUAL = `INSERT INTO audit_event (${EVENT_COLUMNS}, collapse_key) SELECT ${EVENT_VALUES}, ?17
  WHERE NOT EXISTS (SELECT 1 FROM audit_event WHERE collapse_key = ?17 AND time > ?3 - ${REFUSAL_COLLAPSE_SECONDS})`;

const NOTE_FETCH =
  'UPDATE identity_provider SET last_fetched_at = ?2, fetched_keys = ?3, last_fetch_error = NULL WHERE id = ?1';

/** Records a grant in one transaction. Throws StorageUnavailable. */
export async function recordGrant(
  db: D1Database,
  { event, singleUse, shadow, fetched }: GrantRecord,
): Promise<'recorded' | 'already_used'> {
  const collapseKey = shadow === null ? null : await collapseKeyOf(shadow);
  const results = await runBatch(db, [
    ...(singleUse === null ? grantStatements(db, event) : singleUseStatements(db, event, singleUse)),
    ...(shadow === null || collapseKey === null ? [] : collapsedStatements(db, shadow, collapseKey)),
    ...fetchStatements(db, fetched),
  ]);
  return singleUse !== null && results[0]?.meta.changes !== 1 ? 'already_used' : 'recorded';
}

/** Records a refusal, or counts it where an equal one is less than a minute old. Throws StorageUnavailable. */
export async function recordRefusal(db: D1Database, event: DecisionRecord, fetched: FetchedKeys | null): Promise<void> {
  await runBatch(db, [...collapsedStatements(db, event, await collapseKeyOf(event)), ...fetchStatements(db, fetched)]);
}

/** The statement that appends one event, for a batch. */
export function insertEvent(db: D1Database, event: DecisionRecord): D1PreparedStatement {
  return db.prepare(INSERT_EVENT).bind(...eventValues(event));
}

function grantStatements(db: D1Database, event: DecisionRecord): D1PreparedStatement[] {
  return [insertEvent(db, event), db.prepare(TOUCH).bind(event.federatedIdentityId, event.time)];
}

function singleUseStatements(
  db: D1Database,
  event: DecisionRecord,
  { replayKey, expiresAt }: SingleUse,
): D1PreparedStatement[] {
  return [
    db.prepare(CONSUME).bind(replayKey, event.tokenId, expiresAt),
    db.prepare(INSERT_EVENT_IF_CONSUMED).bind(...eventValues(event), replayKey),
    db.prepare(TOUCH_IF_CONSUMED).bind(event.federatedIdentityId, event.time, replayKey, event.tokenId),
  ];
}

function collapsedStatements(db: D1Database, event: DecisionRecord, collapseKey: string): D1PreparedStatement[] {
  return [
    // Count before inserting, so that a row is not counted by the request that made it.
    db.prepare(COUNT_EQUAL).bind(collapseKey, event.time, event.requestId, event.organisationId),
    db.prepare(INSERT_UNLESS_EQUAL).bind(...eventValues(event), collapseKey),
  ];
}

function fetchStatements(db: D1Database, fetched: FetchedKeys | null): D1PreparedStatement[] {
  if (fetched === null) return [];
  return [db.prepare(NOTE_FETCH).bind(fetched.providerId, fetched.fetchedAt, JSON.stringify(fetched.keys))];
}

function eventValues(event: DecisionRecord): (string | number | null)[] {
  return [
    event.organisationId,
    event.id,
    event.time,
    event.requestId,
    event.actor,
    ACTION,
    event.outcome,
    event.reason,
    event.detail,
    event.serviceAccountId,
    event.federatedIdentityId,
    event.issuer,
    event.subject,
    event.claims === null ? null : JSON.stringify(event.claims),
    event.tokenId,
    event.ip,
  ];
}

/** What makes two decisions equal: who was refused what and why; never times or token ids, which differ every time. */
async function collapseKeyOf(event: DecisionRecord): Promise<string> {
  const parts = [
    event.organisationId,
    event.outcome,
    event.reason,
    event.serviceAccountId,
    event.federatedIdentityId,
    event.issuer,
    event.subject,
  ];
  return sha256(JSON.stringify(parts));
}
