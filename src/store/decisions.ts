// Writes what an exchange decided: audit event, single use and last use in one transaction, and only while the rules are those of the decision.

import type { NewAuditEvent } from '../objects/audit-log.ts';
import type {
  FetchedKeys,
  GrantRecord,
  PolicyVersions,
  RecordGrant,
  RecordRefusal,
  RefusalRecord,
  SingleUse,
} from '../exchange/ports.ts';
import { CLOCK_SKEW_SECONDS } from '../token/limits.ts';
import { rowsOf, runBatch } from './d1.ts';
import { collapsedStatements, EVENT_COLUMNS, EVENT_VALUES, eventValues } from './exchange-events.ts';
import { LAST_USED_RESOLUTION_SECONDS, MAX_KEPT_LAST_USES } from './limits.ts';
import { policyHolds, policyValues } from './policy-guard.ts';

const INSERT_GRANT = `INSERT INTO audit_event (${EVENT_COLUMNS}) SELECT ${EVENT_VALUES} WHERE ${policyHolds(1, 20)}`;
// The single use is decided by who inserted the row; everything else of the grant follows only that one.
// A database that was restored may have forgotten uses of a token that was issued before, by whichever clock (cambist restore).
const forgotten = (issuedAt: number): string =>
  `SELECT 1 FROM restore_point WHERE restored_at + ${CLOCK_SKEW_SECONDS} >= ?${issuedAt}`;
const CONSUME = `INSERT INTO used_token (replay_key, token_id, expires_at) SELECT ?1, ?2, ?3 WHERE ${policyHolds(4, 5)}
  AND NOT EXISTS (${forgotten(7)}) ON CONFLICT DO NOTHING`;
const INSERT_GRANT_IF_CONSUMED = `INSERT INTO audit_event (${EVENT_COLUMNS}) SELECT ${EVENT_VALUES}
  WHERE EXISTS (SELECT 1 FROM used_token WHERE replay_key = ?20 AND token_id = ?15)`;
const USED_BY_ANOTHER = `SELECT 1 FROM used_token WHERE replay_key = ?1 AND token_id <> ?2 UNION ALL ${forgotten(3)}`;
const touch = (table: string): string => `UPDATE ${table} SET last_used_at = ?2
  WHERE id = ?1 AND (last_used_at IS NULL OR abs(last_used_at - ?2) >= ${LAST_USED_RESOLUTION_SECONDS})
    AND EXISTS (SELECT 1 FROM audit_event WHERE organisation_id = ?3 AND id = ?4)`;
const TOUCH_IDENTITY = touch('federated_identity');
const TOUCH_CREDENTIAL = touch('access_credential');

const NOTE_FETCH =
  'UPDATE identity_provider SET last_fetched_at = ?2, fetched_keys = ?3, last_fetch_error = NULL WHERE id = ?1';

/** What writes the decisions of an isolate. */
export interface DecisionRecorder {
  readonly recordGrant: RecordGrant;
  readonly recordRefusal: RecordRefusal;
}

/** Writes to a D1 database; remembers of each identity when its last use was written, bounded. */
export function createDecisionRecorder(db: D1Database): DecisionRecorder {
  const lastUses = new Map<string, number>();
  return {
    recordGrant: async (grant) => {
      const { time, federatedIdentityId } = grant.event;
      const last = federatedIdentityId === null ? undefined : lastUses.get(federatedIdentityId);
      const isDue = last === undefined || Math.abs(time - last) >= LAST_USED_RESOLUTION_SECONDS;
      const outcome = await recordGrant(db, grant, isDue);
      if (isDue && outcome === 'recorded' && federatedIdentityId !== null) {
        if (lastUses.size >= MAX_KEPT_LAST_USES) lastUses.clear();
        lastUses.set(federatedIdentityId, time);
      }
      return outcome;
    },
    recordRefusal: (refusal) => recordRefusal(db, refusal),
  };
}

async function recordGrant(
  db: D1Database,
  { event, singleUse, shadow, fetched, policy }: GrantRecord,
  isUseDue: boolean,
): ReturnType<RecordGrant> {
  const results = await runBatch(db, [
    ...(singleUse === null ? [insertGrant(db, event, policy)] : singleUseStatements(db, event, singleUse, policy)),
    ...(isUseDue ? [touchIdentity(db, event)] : []),
    ...(shadow === null ? [] : await collapsedStatements(db, shadow, policy)),
    ...fetchStatements(db, fetched),
  ]);
  if (results[0]?.meta.changes === 1) return 'recorded';
  return singleUse !== null && rowsOf(results[2]).length > 0 ? 'already_used' : 'outdated';
}

/** Counts it if an equal one, or too many others, are less than a minute old; so one row or the other changes, if the rules hold. */
async function recordRefusal(db: D1Database, refusal: RefusalRecord): ReturnType<RecordRefusal> {
  const { fetched, policy } = refusal;
  const results = await runBatch(db, [
    ...(await collapsedStatements(db, refusal, policy)),
    ...fetchStatements(db, fetched),
  ]);
  return results.slice(0, 2).some(({ meta }) => meta.changes === 1) ? 'recorded' : 'outdated';
}

/** The statement that appends a grant, if the rules hold, for a batch. */
export function insertGrant(db: D1Database, event: NewAuditEvent, policy: PolicyVersions): D1PreparedStatement {
  return db.prepare(INSERT_GRANT).bind(...eventValues(event), ...policyValues(policy));
}

/** The statement that notes the use of an access credential, if an earlier one of this batch wrote its grant. */
export function touchCredential(db: D1Database, credentialId: string, event: NewAuditEvent): D1PreparedStatement {
  return db.prepare(TOUCH_CREDENTIAL).bind(credentialId, event.time, event.organisationId, event.id);
}

function touchIdentity(
  db: D1Database,
  { federatedIdentityId, time, organisationId, id }: NewAuditEvent,
): D1PreparedStatement {
  return db.prepare(TOUCH_IDENTITY).bind(federatedIdentityId, time, organisationId, id);
}

function singleUseStatements(
  db: D1Database,
  event: NewAuditEvent,
  { replayKey, expiresAt, issuedAt }: SingleUse,
  policy: PolicyVersions,
): D1PreparedStatement[] {
  return [
    db
      .prepare(CONSUME)
      .bind(replayKey, event.tokenId, expiresAt, event.organisationId, ...policyValues(policy), issuedAt),
    db.prepare(INSERT_GRANT_IF_CONSUMED).bind(...eventValues(event), replayKey),
    db.prepare(USED_BY_ANOTHER).bind(replayKey, event.tokenId, issuedAt),
  ];
}

function fetchStatements(db: D1Database, fetched: FetchedKeys | null): D1PreparedStatement[] {
  if (fetched === null) return [];
  return [db.prepare(NOTE_FETCH).bind(fetched.providerId, fetched.fetchedAt, JSON.stringify(fetched.keys))];
}
