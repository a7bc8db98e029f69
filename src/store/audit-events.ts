// The table audit_event: what its events are selected by, newest first, always by an index that was chosen here; runs nothing.

import type { AuditFilter, ListedAuditEvent } from '../objects/audit-log.ts';
import type { JsonObject } from '../token/json.ts';
import { readJson } from '../token/json-reader.ts';
import { MAX_AUDIT_EVENTS_SEARCHED } from '../objects/limits.ts';
import { grantEventId } from './request-ids.ts';
import type { Condition } from './iam-audit.ts';
import { organisationId } from './organisations.ts';

/** What a ListedAuditEvent is selected by, of the table as `e`. */
export const AUDIT_COLUMNS = `e.id, e.time, e.request_id AS requestId, e.actor, e.action, e.outcome, e.reason, e.detail,
  e.service_account_id AS serviceAccountId, e.federated_identity_id AS federatedIdentityId, e.issuer, e.subject, e.claims,
  e.claims_digest AS claimsDigest, e.claims_omitted AS claimsOmitted,
  e.asked, e.token_id AS tokenId, e.ip, e.changes, e.count`;

/** The statement that reads one event. */
export function auditReadStatement(organisation: string, id: string): Condition {
  const owner = organisationId(organisation);
  return {
    sql: `SELECT ${AUDIT_COLUMNS} FROM audit_event e WHERE e.organisation_id = ${owner.sql} AND e.id = ?`,
    values: [...owner.values, id],
  };
}

/**
 * The statement of a list. The index is named, the rarest filter's first:
 * D1 keeps no statistics here, and a wrong guess of the planner would read every grant of an organisation. What no index serves
 * is searched for: among the events of the account `within`, if an identity's is known.
 */
export function auditListStatement(organisation: string, asked: AuditFilter, within: string | null = null): Condition {
  const filter = { ...asked, serviceAccount: asked.serviceAccount ?? within };
  const owner = organisationId(organisation);
  const narrowings = narrowingsOf(filter, owner);
  const { [indexFor(filter)]: served = [], ...others } = narrowings;
  const open = Object.values(others).flat();
  const range = rangeOf(filter, owner);
  if (filter.requestId !== null) {
    const from = ofRequest(owner, filter.requestId);
    return listed(from, [...range, ...Object.values(narrowings).flat()], filter.limit);
  }
  const from = { sql: source(filter), values: [] };
  return open.length === 0
    ? listed(from, [...range, ...served], filter.limit)
    : searched(from, [...range, ...served], open, filter.limit);
}

/** The events that are in `from` and meet `where`. */
function listed(from: Condition, where: readonly Condition[], limit: number): Condition {
  const all = allOf(where);
  return {
    sql: `SELECT ${AUDIT_COLUMNS}, 1 AS met, NULL AS place FROM ${from.sql} WHERE ${all.sql}
      ORDER BY e.time DESC, e.id DESC LIMIT ?`,
    values: [...from.values, ...all.values, limit + 1],
  };
}

/**
 * The events that meet `open`, which no index serves, among the newest that meet `where`; and the last of those, met or not.
 * Without an end, what hardly anything meets would be looked for in an organisation's whole log, in a database that all share.
 * They are numbered as they are read, and reading stops with the page: an ORDER BY around it would number them all first.
 */
function searched(from: Condition, where: readonly Condition[], open: readonly Condition[], limit: number): Condition {
  const [all, met] = [allOf(where), allOf(open)];
  return {
    sql: `SELECT ${AUDIT_COLUMNS}, newest.met, newest.place FROM
      (SELECT e.rowid AS event, ${met.sql} AS met, row_number() OVER (ORDER BY e.time DESC, e.id DESC) AS place
        FROM ${from.sql} WHERE ${all.sql} ORDER BY e.time DESC, e.id DESC LIMIT ${MAX_AUDIT_EVENTS_SEARCHED}) newest
      CROSS JOIN audit_event e ON e.rowid = newest.event
      WHERE newest.met OR newest.place = ${MAX_AUDIT_EVENTS_SEARCHED} LIMIT ?`,
    values: [...met.values, ...from.values, ...all.values, limit + 1],
  };
}

/** Behind it older events may be met. */
export function isLastSearched({ place }: ListedRow): boolean {
  return place === MAX_AUDIT_EVENTS_SEARCHED;
}

function allOf(conditions: readonly Condition[]): Condition {
  return {
    sql: conditions.map(({ sql }) => sql).join(' AND '),
    values: conditions.flatMap(({ values }) => values),
  };
}

/** What every index serves: the organisation and the time. One upper bound: of two, the index may be searched by the higher. */
function rangeOf({ since, until, before }: AuditFilter, owner: Condition): Condition[] {
  const isBelowUntil = before !== null && (until === null || before.time < until);
  return [
    { sql: `e.organisation_id = ${owner.sql}`, values: owner.values },
    ...(since === null ? [] : [{ sql: 'e.time >= ?', values: [since] }]),
    ...(until === null || isBelowUntil ? [] : [{ sql: 'e.time < ?', values: [until] }]),
    ...(isBelowUntil ? [{ sql: '(e.time, e.id) < (?, ?)', values: [before.time, before.id] }] : []),
  ];
}

function source(filter: AuditFilter): string {
  return `audit_event e INDEXED BY audit_event_by_${indexFor(filter)}`;
}

type Index = 'outcome' | 'action' | 'account' | 'time';
/** Filters that no index serves: each index is one row more to write for every grant. */
type Open = 'issuer' | 'subject' | 'identity';

function indexFor({ outcome, action, serviceAccount }: AuditFilter): Index {
  if (outcome !== null && outcome !== 'granted') return 'outcome';
  if (action !== null && action !== 'token.exchange') return 'action';
  return serviceAccount === null ? 'time' : 'account';
}

/** The few events of a request: its grant by id, each of the others by its own index; an OR would leave the choice to the planner. */
function ofRequest(owner: Condition, requestId: string): Condition {
  const from = `SELECT id FROM audit_event WHERE organisation_id = ${owner.sql} AND`;
  return {
    sql: `(${from} id = ? AND request_id = ?
        UNION ${from} request_id = ? AND outcome <> 'granted'
        UNION SELECT event_id FROM audit_event_request WHERE request_id = ? AND organisation_id = ${owner.sql}) request
      CROSS JOIN audit_event e ON e.id = request.id`,
    values: [
      ...owner.values,
      grantEventId(requestId),
      requestId,
      ...owner.values,
      requestId,
      requestId,
      ...owner.values,
    ],
  };
}

/** The conditions of each filter that is given, under the name of its index if it has one. */
function narrowingsOf(filter: AuditFilter, owner: Condition): Partial<Record<Index | Open, Condition[]>> {
  const { action, outcome, serviceAccount } = filter;
  const equal = (column: string, value: string): Condition => ({ sql: `e.${column} = ?`, values: [value] });
  // Said in the words of the partial index, which SQLite does not conclude from a parameter.
  const rare = (column: string, common: string): Condition => ({ sql: `e.${column} <> '${common}'`, values: [] });
  const ofSlug = (slug: string): Condition => {
    const account = accountOfSlug(owner, slug);
    return { sql: `e.service_account_id = (${account.sql})`, values: account.values };
  };
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

/** Selects the id of the account with this slug. */
export function accountOfSlug(owner: Condition, slug: string): Condition {
  return {
    sql: `SELECT id FROM service_account WHERE organisation_id = ${owner.sql} AND slug = ?`,
    values: [...owner.values, slug],
  };
}

type JsonColumn = 'claims' | 'claimsOmitted' | 'asked' | 'changes';

/** An event as COLUMNS selects it: what is JSON is text. */
export type EventRow = Omit<ListedAuditEvent, JsonColumn> & Readonly<Record<JsonColumn, string | null>>;

/** A row of a list. */
export type ListedRow = EventRow & {
  /** 1 if it passes the filters. */
  readonly met: number | null;
  /** Its place among those that were searched, from 1; null if only those that pass the filters are read. */
  readonly place: number | null;
};

/** The event that such a row holds. */
export function toAuditEvent({ met: _met, place: _place, ...row }: EventRow & Partial<ListedRow>): ListedAuditEvent {
  const { claims, claimsOmitted, asked, changes } = row;
  const omitted = claimsOmitted === null ? null : (JSON.parse(claimsOmitted) as string[]);
  return { ...row, claims: parsed(claims), claimsOmitted: omitted, asked: parsed(asked), changes: parsed(changes) };
}

function parsed(text: string | null): JsonObject | null {
  return text === null ? null : (readJson(text) as JsonObject);
}
