// How one decision of an exchange becomes rows of audit_event: appended, or counted if there is an equal one or too many others; runs nothing itself.

import { sha256 } from '../token/digest.ts';
import { MAX_DISTINCT_REFUSALS, MAX_REQUESTS_PER_EVENT, REFUSAL_COLLAPSE_SECONDS } from './limits.ts';
import type { NewAuditEvent } from '../objects/audit-log.ts';
import type { CollapsingEvent, PolicyVersions } from '../exchange/ports.ts';
import { policyHoldsIfAny, policyValues } from './policy-guard.ts';

/** The columns of an event, in the order of its values. */
export const EVENT_COLUMNS = `organisation_id, id, time, request_id, actor, action, outcome, reason, detail, service_account_id,
  federated_identity_id, issuer, subject, claims, token_id, ip, asked, claims_digest, claims_omitted`;
/** Their parameters, ?1 to ?19. */
export const EVENT_VALUES = '?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19';

// ?20 is what makes decisions equal, ?21 what makes those equal that are beyond the bound, ?22 and ?23 the rules' versions.
// The window has two ends, so that rows of a clock that ran ahead do not swallow what comes after it.
const WITHIN_WINDOW = `time BETWEEN ?3 - ${REFUSAL_COLLAPSE_SECONDS - 1} AND ?3 + ${REFUSAL_COLLAPSE_SECONDS}`;
const EQUAL = `SELECT id FROM audit_event WHERE collapse_key = ?20 AND ${WITHIN_WINDOW} ORDER BY time DESC LIMIT 1`;
const EQUAL_BEYOND = `SELECT id FROM audit_event WHERE collapse_key = ?21 AND ${WITHIN_WINDOW} ORDER BY time DESC LIMIT 1`;
// Reads one row of the index for each of the bound and no more. The partial index must be met in its own words.
const FULL = `EXISTS (SELECT 1 FROM audit_event INDEXED BY audit_event_by_outcome WHERE organisation_id = ?1 AND outcome = ?7
  AND outcome <> 'granted' AND ${WITHIN_WINDOW} LIMIT 1 OFFSET ${MAX_DISTINCT_REFUSALS - 1})`;

const POLICY = policyHoldsIfAny(1, 22);

// The first of equal ones keeps its claims.
const COUNT = `UPDATE audit_event SET count = count + 1
  WHERE organisation_id = ?1 AND id = coalesce((${EQUAL}), (SELECT id FROM (${EQUAL_BEYOND}) WHERE ${FULL})) AND ${POLICY}`;
// One beyond the bound stands for many workloads, so it names none of them: only their issuer, the reason and how many.
const BEYOND = `?1, ?2, ?3, ?4, coalesce(?12, ?5), ?6, ?7, ?8,
  'more than ${MAX_DISTINCT_REFUSALS} different decisions of this outcome within a minute; those that follow are counted here, each has its own log line',
  NULL, NULL, ?12, NULL, NULL, NULL, NULL, NULL, NULL, NULL`;
const INSERT_UNLESS_COUNTED = `WITH uncounted AS MATERIALIZED (SELECT ${FULL} AS beyond WHERE NOT EXISTS (${EQUAL}) AND ${POLICY})
  INSERT INTO audit_event (${EVENT_COLUMNS}, collapse_key)
  SELECT ${EVENT_VALUES}, ?20 FROM uncounted WHERE NOT beyond
  UNION ALL SELECT ${BEYOND}, ?21 FROM uncounted WHERE beyond AND NOT EXISTS (${EQUAL_BEYOND})`;
// Every counted request finds the event; the one that made it is its own.
const NAME_REQUEST = `INSERT INTO audit_event_request (request_id, event_id, organisation_id)
  SELECT ?4, id, organisation_id FROM audit_event WHERE organisation_id = ?1 AND id = coalesce((${EQUAL}), (${EQUAL_BEYOND}))
  AND request_id <> ?4 AND count <= ${MAX_REQUESTS_PER_EVENT} AND ${POLICY} ON CONFLICT DO NOTHING`;

/** The values of an event's columns. */
export function eventValues(event: NewAuditEvent): (string | number | null)[] {
  return [
    event.organisationId,
    event.id,
    event.time,
    event.requestId,
    event.actor,
    event.action,
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
    event.asked === null ? null : JSON.stringify(event.asked),
    event.claimsDigest,
    event.claimsOmitted === null ? null : JSON.stringify(event.claimsOmitted),
  ];
}

/**
 * The statements that record a refusal or shadow decision, if the rules hold, for a batch: counted in the equal one of the last minute; else
 * appended; else, if the organisation has had its different ones of a minute, counted in one for the reason and issuer.
 */
export async function collapsedStatements(
  db: D1Database,
  { event, likeness }: CollapsingEvent,
  policy: PolicyVersions,
): Promise<D1PreparedStatement[]> {
  const keys = [await equalKeyOf(event, likeness), await beyondKeyOf(event)];
  const values = [...eventValues(event), ...keys, ...policyValues(policy)];
  // Counted before inserting, so that a row is not counted by the request that made it.
  return [COUNT, INSERT_UNLESS_COUNTED, NAME_REQUEST].map((sql) => {
    const parameters = Math.max(...[...sql.matchAll(/\?(\d+)/g)].map(([, number]) => Number(number)));
    return db.prepare(sql).bind(...values.slice(0, parameters));
  });
}

/** What makes two decisions equal: who was refused what and why, by claims that say the same; never times or token ids. */
async function equalKeyOf(event: NewAuditEvent, likeness: string): Promise<string> {
  const parts = [
    event.organisationId,
    event.outcome,
    event.reason,
    event.serviceAccountId,
    event.federatedIdentityId,
    event.issuer,
    event.subject,
    likeness,
  ];
  return sha256(JSON.stringify(parts));
}

/** Whoever sends tokens can choose their subjects; the issuers are registered and the reasons few. */
async function beyondKeyOf({ organisationId, outcome, reason, issuer }: NewAuditEvent): Promise<string> {
  return sha256(JSON.stringify(['beyond', organisationId, outcome, reason, issuer]));
}
