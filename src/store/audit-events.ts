// Reads audit events: of the table audit_event, always by an index that was chosen here, and of the archive behind it; writes nothing.

import type { AuditCursor, AuditFilter, AuditStore, ListedAuditEvent } from '../objects/audit-log.ts';
import type { JsonObject } from '../token/json.ts';
import { readJson } from '../token/json-reader.ts';
import { MAX_AUDIT_EVENTS_SEARCHED } from '../objects/limits.ts';
import type { Organisation } from '../objects/organisation.ts';
import { ofIdStatement, searchStatement, toEntry } from './archive-index.ts';
import type { SearchedRow } from './archive-index.ts';
import { archiveReader, withArchived } from './archived-events.ts';
import type { Found } from './archived-events.ts';
import { rowsOf, runBatch } from './d1.ts';
import { grantEventId } from './request-ids.ts';
import type { Condition } from './iam-audit.ts';
import { organisationId, readOrganisation, selectOrganisation } from './organisations.ts';

/** What a ListedAuditEvent is selected by, of the table as `e`. */
export const AUDIT_COLUMNS = `e.id, e.time, e.request_id AS requestId, e.actor, e.action, e.outcome, e.reason, e.detail,
  e.service_account_id AS serviceAccountId, e.federated_identity_id AS federatedIdentityId, e.issuer, e.subject, e.claims,
  e.claims_digest AS claimsDigest, e.claims_omitted AS claimsOmitted,
  e.asked, e.token_id AS tokenId, e.ip, e.changes, e.count`;

/**
 * The audit events of D1, and of the archive if something was archived. Where each is, is read in one transaction with the
 * events of D1, so an event that moves in between is seen once.
 */
export function auditStore(db: D1Database, archive: R2Bucket | null = null): AuditStore {
  return {
    list: async (organisation, asked) => {
      const filter = await byAccountId(db, organisation, asked);
      if (filter === null) return { organisation: await readOrganisation(db, organisation), events: [], next: null };
      const archived = await archivedStatement(organisation, filter);
      const within = await accountOfIdentity(db, organisation, filter);
      const hot = auditListStatement(organisation, filter, within);
      const read = await readRows<ListedRow>(db, organisation, hot, archived);
      const { owner, rows, entries } = read;
      if (owner === null) return { organisation: null, events: [], next: null };
      const reader = archiveReader(archive, owner.id);
      const found = await withArchived(foundIn(rows, filter.limit), entries, reader, filter);
      return { organisation: owner, ...pageOf(found, filter.limit) };
    },
    read: async (organisation, id) => {
      const [hot, archived] = [auditReadStatement(organisation, id), ofIdStatement(organisation, 'id', id)];
      const { owner, rows, entries } = await readRows<EventRow>(db, organisation, hot, archived);
      const events = rows.map(toAuditEvent);
      if (owner === null) return { organisation: null, events: [], next: null };
      const reader = archiveReader(archive, owner.id);
      for (let at = 0; at < entries.length && events.length === 0; at += 1) {
        events.push(...(await reader(toEntry(entries[at] as SearchedRow), NO_FILTER, id)));
      }
      return { organisation: owner, events, next: null };
    },
  };
}

const NO_FILTER: AuditFilter = {
  since: null,
  until: null,
  action: null,
  outcome: null,
  serviceAccount: null,
  federatedIdentity: null,
  issuer: null,
  subject: null,
  requestId: null,
  before: null,
  limit: 1,
};

/** The filter with the id of the account that it names; null if it names none that there is. Slugs do not stand in events. */
async function byAccountId(db: D1Database, organisation: string, filter: AuditFilter): Promise<AuditFilter | null> {
  const { serviceAccount } = filter;
  if (serviceAccount === null || serviceAccount.startsWith('sa_')) return filter;
  const { sql, values } = accountOfSlug(organisationId(organisation), serviceAccount);
  const [found] = await runBatch(db, [db.prepare(sql).bind(...values)]);
  const [account] = rowsOf<{ readonly id: string }>(found);
  return account === undefined ? null : { ...filter, serviceAccount: account.id };
}

/** The account among whose events those of the identity are; null if none is asked for, or it is gone: then by time. */
async function accountOfIdentity(
  db: D1Database,
  organisation: string,
  { federatedIdentity, serviceAccount }: AuditFilter,
): Promise<string | null> {
  if (federatedIdentity === null || serviceAccount !== null) return null;
  const owner = organisationId(organisation);
  const sql = `SELECT service_account_id AS id FROM federated_identity WHERE id = ? AND +organisation_id = ${owner.sql}`;
  const [found] = await runBatch(db, [db.prepare(sql).bind(federatedIdentity, ...owner.values)]);
  return rowsOf<{ readonly id: string }>(found)[0]?.id ?? null;
}

async function archivedStatement(organisation: string, filter: AuditFilter): Promise<Condition> {
  return filter.requestId === null
    ? await searchStatement(organisation, filter)
    : ofIdStatement(organisation, 'request', filter.requestId);
}

/** What the rows of D1 say: one more than the page shows, or how far was searched, tells that there may be older ones. */
function foundIn(rows: readonly ListedRow[], limit: number): Found {
  const events = rows.filter(({ met }) => met === 1).map(toAuditEvent);
  const knownFrom = events.length > limit ? events.at(-1) : rows.find(isLastSearched);
  return { events, knownFrom: knownFrom ?? null };
}

/** The page: of all that is known, what is surely the newest. */
function pageOf(
  { events, knownFrom }: Found,
  limit: number,
): { readonly events: readonly ListedAuditEvent[]; readonly next: AuditCursor | null } {
  const known =
    knownFrom === null
      ? events
      : events.filter(({ time, id }) => time > knownFrom.time || (time === knownFrom.time && id >= knownFrom.id));
  const next = known.length > limit ? known[limit - 1] : knownFrom;
  return { events: known.slice(0, limit), next: next ? { time: next.time, id: next.id } : null };
}

async function readRows<Row>(
  db: D1Database,
  organisation: string,
  events: Condition,
  archived: Condition,
): Promise<{
  readonly owner: Organisation | null;
  readonly rows: readonly Row[];
  readonly entries: readonly SearchedRow[];
}> {
  const [owner, rows, entries] = await runBatch(db, [
    selectOrganisation(db, organisation),
    ...[events, archived].map(({ sql, values }) => db.prepare(sql).bind(...values)),
  ]);
  return {
    owner: rowsOf<Organisation>(owner)[0] ?? null,
    rows: rowsOf<Row>(rows),
    entries: rowsOf<SearchedRow>(entries),
  };
}

/**
 * The statement that reads one event; exported so that a test can ask for its plan.
 * @internal
 */
export function auditReadStatement(organisation: string, id: string): Condition {
  const owner = organisationId(organisation);
  return {
    sql: `SELECT ${AUDIT_COLUMNS} FROM audit_event e WHERE e.organisation_id = ${owner.sql} AND e.id = ?`,
    values: [...owner.values, id],
  };
}

/**
 * The statement of a list; exported so that a test can ask for its plan. The index is named, the rarest filter's first:
 * D1 keeps no statistics here, and a wrong guess of the planner would read every grant of an organisation. What no index serves
 * is searched for: among the events of the account `within`, if an identity's is known.
 * @internal
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
function isLastSearched({ place }: ListedRow): boolean {
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

function accountOfSlug(owner: Condition, slug: string): Condition {
  return {
    sql: `SELECT id FROM service_account WHERE organisation_id = ${owner.sql} AND slug = ?`,
    values: [...owner.values, slug],
  };
}

type JsonColumn = 'claims' | 'claimsOmitted' | 'asked' | 'changes';

/** An event as COLUMNS selects it: what is JSON is text. */
export type EventRow = Omit<ListedAuditEvent, JsonColumn> & Readonly<Record<JsonColumn, string | null>>;

type ListedRow = EventRow & {
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
