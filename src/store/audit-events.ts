// Reads the table audit_event: newest first, narrowed by any filters, always by an index that was chosen here; writes nothing.

import type { AuditEvent, AuditFilter, AuditPage, AuditStore } from '../core/audit.ts';
import type { JsonObject } from '../core/json.ts';
import { readJson } from '../core/json-reader.ts';
import type { Organisation } from '../core/model.ts';
import { rowsOf, runBatch } from './d1.ts';
import { grantEventId } from './grant-event-id.ts';
import type { Condition } from './iam-audit.ts';
import { organisationId, selectOrganisation } from './organisations.ts';

const COLUMNS = `e.id, e.time, e.request_id, e.actor, e.action, e.outcome, e.reason, e.detail, e.service_account_id,
  e.federated_identity_id, e.issuer, e.subject, e.claims, e.token_id, e.ip, e.changes, e.count`;

/** The audit events of D1. */
export function auditStore(db: D1Database): AuditStore {
  return {
    list: async (organisation, filter) => {
      const { sql, values } = auditListStatement(organisation, filter);
      return readPage(db, organisation, db.prepare(sql).bind(...values), filter.limit);
    },
    read: async (organisation, id) => {
      const { sql, values } = auditReadStatement(organisation, id);
      return readPage(db, organisation, db.prepare(sql).bind(...values), 1);
    },
  };
}

async function readPage(
  db: D1Database,
  organisation: string,
  statement: D1PreparedStatement,
  limit: number,
): Promise<AuditPage> {
  const [owner, rows] = await runBatch(db, [selectOrganisation(db, organisation), statement]);
  const found = rowsOf<EventRow>(rows);
  return {
    organisation: rowsOf<Organisation>(owner)[0] ?? null,
    events: found.slice(0, limit).map(toAuditEvent),
    more: found.length > limit,
  };
}

/** The statement that reads one event; exported so that a test can ask for its plan. */
export function auditReadStatement(organisation: string, id: string): Condition {
  const owner = organisationId(organisation);
  return {
    sql: `SELECT ${COLUMNS} FROM audit_event e WHERE e.organisation_id = ${owner.sql} AND e.id = ?`,
    values: [...owner.values, id],
  };
}

/**
 * The statement of a list; exported so that a test can ask for its plan. The index is named, the rarest filter's first:
 * D1 keeps no statistics here, and a wrong guess of the planner would read every grant of an organisation.
 */
export function auditListStatement(organisation: string, filter: AuditFilter): Condition {
  const owner = organisationId(organisation);
  const where = [
    { sql: `e.organisation_id = ${owner.sql}`, values: owner.values },
    ...conditionsOf(filter, owner),
    ...(filter.since === null ? [] : [{ sql: 'e.time >= ?', values: [filter.since] }]),
    ...(filter.until === null ? [] : [{ sql: 'e.time < ?', values: [filter.until] }]),
    ...(filter.before === null
      ? []
      : [{ sql: '(e.time, e.id) < (?, ?)', values: [filter.before.time, filter.before.id] }]),
  ];
  const from = filter.requestId === null ? { sql: source(filter), values: [] } : ofRequest(owner, filter.requestId);
  return {
    sql: `SELECT ${COLUMNS} FROM ${from.sql} WHERE ${where.map(({ sql }) => sql).join(' AND ')}
      ORDER BY e.time DESC, e.id DESC LIMIT ?`,
    values: [...from.values, ...where.flatMap(({ values }) => values), filter.limit + 1],
  };
}

function source(filter: AuditFilter): string {
  return `audit_event e INDEXED BY audit_event_by_${indexFor(filter)}`;
}

function indexFor({ outcome, action, subject, federatedIdentity, serviceAccount }: AuditFilter): string {
  if (outcome !== null && outcome !== 'granted') return 'outcome';
  if (action !== null && action !== 'token.exchange') return 'action';
  if (subject !== null) return 'subject';
  if (federatedIdentity !== null) return 'identity';
  return serviceAccount === null ? 'time' : 'account';
}

/** The few events of a request: its grant by id, each of the others by its own index; an OR would leave the choice to the planner. */
function ofRequest(owner: Condition, requestId: string): Condition {
  const from = `SELECT id FROM audit_event WHERE organisation_id = ${owner.sql} AND`;
  return {
    sql: `(${from} id = ? AND request_id = ?
        UNION ${from} request_id = ? AND outcome <> 'granted'
        UNION ${from} last_request_id = ?) request
      CROSS JOIN audit_event e ON e.id = request.id`,
    values: [
      ...[...owner.values, grantEventId(requestId), requestId],
      ...[...owner.values, requestId],
      ...[...owner.values, requestId],
    ],
  };
}

function conditionsOf(filter: AuditFilter, owner: Condition): Condition[] {
  const { action, outcome, serviceAccount } = filter;
  const equal = (column: string, value: string | null): Condition[] =>
    value === null ? [] : [{ sql: `e.${column} = ?`, values: [value] }];
  return [
    ...equal('outcome', outcome),
    // Said in the words of the partial index, which SQLite does not conclude from a parameter.
    ...(outcome === null || outcome === 'granted' ? [] : [{ sql: "e.outcome <> 'granted'", values: [] }]),
    ...equal('action', action),
    ...(action === null || action === 'token.exchange' ? [] : [{ sql: "e.action <> 'token.exchange'", values: [] }]),
    ...equal('subject', filter.subject),
    ...equal('federated_identity_id', filter.federatedIdentity),
    ...equal('issuer', filter.issuer),
    ...(serviceAccount === null || serviceAccount.startsWith('sa_')
      ? equal('service_account_id', serviceAccount)
      : [
          {
            sql: `e.service_account_id = (SELECT id FROM service_account WHERE organisation_id = ${owner.sql} AND slug = ?)`,
            values: [...owner.values, serviceAccount],
          },
        ]),
  ];
}

interface EventRow {
  readonly id: string;
  readonly time: number;
  readonly request_id: string;
  readonly actor: string;
  readonly action: string;
  readonly outcome: AuditEvent['outcome'];
  readonly reason: string | null;
  readonly detail: string | null;
  readonly service_account_id: string | null;
  readonly federated_identity_id: string | null;
  readonly issuer: string | null;
  readonly subject: string | null;
  readonly claims: string | null;
  readonly token_id: string | null;
  readonly ip: string | null;
  readonly changes: string | null;
  readonly count: number;
}

function toAuditEvent(row: EventRow): AuditEvent {
  return {
    id: row.id,
    time: row.time,
    requestId: row.request_id,
    actor: row.actor,
    action: row.action,
    outcome: row.outcome,
    reason: row.reason,
    detail: row.detail,
    serviceAccountId: row.service_account_id,
    federatedIdentityId: row.federated_identity_id,
    issuer: row.issuer,
    subject: row.subject,
    claims: row.claims === null ? null : (readJson(row.claims) as JsonObject),
    tokenId: row.token_id,
    ip: row.ip,
    changes: row.changes === null ? null : (readJson(row.changes) as JsonObject),
    count: row.count,
  };
}
