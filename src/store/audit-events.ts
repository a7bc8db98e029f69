// Reads the table audit_event: newest first, narrowed by any filters, always by an index that was chosen here; writes nothing.

import type { AuditCursor, AuditEvent, AuditFilter, AuditStore } from '../core/audit.ts';
import type { JsonObject } from '../core/json.ts';
import { readJson } from '../core/json-reader.ts';
import { MAX_AUDIT_EVENTS_SEARCHED } from '../core/limits.ts';
import type { Organisation } from '../core/model.ts';
import { rowsOf, runBatch } from './d1.ts';
import { grantEventId } from './grant-event-id.ts';
import type { Condition } from './iam-audit.ts';
import { organisationId, selectOrganisation } from './organisations.ts';

const COLUMNS = `e.id, e.time, e.request_id, e.actor, e.action, e.outcome, e.reason, e.detail, e.service_account_id,
  e.federated_identity_id, e.issuer, e.subject, e.claims, e.token_id, e.ip, e.changes, e.count`;

/** The audit events of D1. */
export function auditStore(db: D1Database): AuditStore {
  const prepare = ({ sql, values }: Condition): D1PreparedStatement => db.prepare(sql).bind(...values);
  return {
    list: async (organisation, filter) => {
      const reach = auditReachStatement(organisation, filter);
      const [owner, found, reached] = await runBatch(db, [
        selectOrganisation(db, organisation),
        prepare(auditListStatement(organisation, filter)),
        ...(reach === null ? [] : [prepare(reach)]),
      ]);
      const rows = rowsOf<EventRow>(found);
      const events = rows.slice(0, filter.limit).map(toAuditEvent);
      const last = rows.length > filter.limit ? events.at(-1) : rowsOf<AuditCursor>(reached)[0];
      return {
        organisation: rowsOf<Organisation>(owner)[0] ?? null,
        events,
        next: last === undefined ? null : { time: last.time, id: last.id },
      };
    },
    read: async (organisation, id) => {
      const [owner, found] = await runBatch(db, [
        selectOrganisation(db, organisation),
        prepare(auditReadStatement(organisation, id)),
      ]);
      return {
        organisation: rowsOf<Organisation>(owner)[0] ?? null,
        events: rowsOf<EventRow>(found).map(toAuditEvent),
        next: null,
      };
    },
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
  const reach = auditReachStatement(organisation, filter);
  const since = filter.since ?? 0;
  const where = [
    // One bound and not two: of two, the index would be searched by one, and that might be the lower.
    reach === null
      ? { sql: 'e.time >= ?', values: [since] }
      : {
          sql: `(e.time, e.id) >= (SELECT * FROM (${reach.sql}) UNION ALL SELECT ?, '' LIMIT 1)`,
          values: [...reach.values, since],
        },
    ...rangeOf(filter, owner),
    ...Object.values(narrowingsOf(filter, owner)).flat(),
  ];
  const from = filter.requestId === null ? { sql: source(filter), values: [] } : ofRequest(owner, filter.requestId);
  return {
    sql: `SELECT ${COLUMNS} FROM ${from.sql} WHERE ${where.map(({ sql }) => sql).join(' AND ')}
      ORDER BY e.time DESC, e.id DESC LIMIT ?`,
    values: [...from.values, ...where.flatMap(({ values }) => values), filter.limit + 1],
  };
}

/**
 * The statement that finds the last event a page may search, where its index leaves filters open: without it, a filter that
 * hardly anything meets would read an organisation's whole log, in a database that all share. Null where none is left open.
 */
export function auditReachStatement(organisation: string, filter: AuditFilter): Condition | null {
  const owner = organisationId(organisation);
  const { [indexFor(filter)]: served = [], ...open } = narrowingsOf(filter, owner);
  if (filter.requestId !== null || Object.keys(open).length === 0) return null;
  const since = { sql: 'e.time >= ?', values: [filter.since ?? 0] };
  const where = [since, ...rangeOf(filter, owner), ...served];
  return {
    sql: `SELECT e.time, e.id FROM ${source(filter)} WHERE ${where.map(({ sql }) => sql).join(' AND ')}
      ORDER BY e.time DESC, e.id DESC LIMIT 1 OFFSET ${MAX_AUDIT_EVENTS_SEARCHED - 1}`,
    values: where.flatMap(({ values }) => values),
  };
}

/** What every index serves: the organisation, and what events the page is below. */
function rangeOf({ until, before }: AuditFilter, owner: Condition): Condition[] {
  return [
    { sql: `e.organisation_id = ${owner.sql}`, values: owner.values },
    ...(until === null ? [] : [{ sql: 'e.time < ?', values: [until] }]),
    ...(before === null ? [] : [{ sql: '(e.time, e.id) < (?, ?)', values: [before.time, before.id] }]),
  ];
}

function source(filter: AuditFilter): string {
  return `audit_event e INDEXED BY audit_event_by_${indexFor(filter)}`;
}

type Index = 'outcome' | 'action' | 'subject' | 'identity' | 'account' | 'time';

function indexFor({ outcome, action, subject, federatedIdentity, serviceAccount }: AuditFilter): Index {
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
    values: [[grantEventId(requestId), requestId], [requestId], [requestId]].flatMap((of) => [...owner.values, ...of]),
  };
}

/** The conditions of each filter that is given, under the name of its index where it has one. */
function narrowingsOf(filter: AuditFilter, owner: Condition): Partial<Record<Index | 'issuer', Condition[]>> {
  const { action, outcome, serviceAccount } = filter;
  const equal = (column: string, value: string): Condition => ({ sql: `e.${column} = ?`, values: [value] });
  // Said in the words of the partial index, which SQLite does not conclude from a parameter.
  const rare = (column: string, common: string): Condition => ({ sql: `e.${column} <> '${common}'`, values: [] });
  const ofSlug = (slug: string): Condition => ({
    sql: `e.service_account_id = (SELECT id FROM service_account WHERE organisation_id = ${owner.sql} AND slug = ?)`,
    values: [...owner.values, slug],
  });
  return {
    ...(outcome !== null && {
      outcome: [equal('outcome', outcome), ...(outcome === 'granted' ? [] : [rare('outcome', 'granted')])],
    }),
    ...(action !== null && {
      action: [equal('action', action), ...(action === 'token.exchange' ? [] : [rare('action', 'token.exchange')])],
    }),
    ...(filter.subject !== null && { subject: [equal('subject', filter.subject)] }),
    ...(filter.federatedIdentity !== null && {
      identity: [equal('federated_identity_id', filter.federatedIdentity)],
    }),
    ...(filter.issuer !== null && { issuer: [equal('issuer', filter.issuer)] }),
    ...(serviceAccount !== null && {
      account: [
        serviceAccount.startsWith('sa_') ? equal('service_account_id', serviceAccount) : ofSlug(serviceAccount),
      ],
    }),
  };
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
