// Reads audit events of both places, D1 and the archive, as one list, and one by its id; writes nothing.

import type { AuditCursor, AuditFilter, AuditStore, ListedAuditEvent } from '../objects/audit-log.ts';
import type { Organisation } from '../objects/organisation.ts';
import { ofIdStatement, searchStatement, toEntry } from './archive-index.ts';
import type { SearchedRow } from './archive-index.ts';
import { archiveReader, withArchived } from './archived-events.ts';
import type { Found } from './archived-events.ts';
import { accountOfSlug, auditListStatement, auditReadStatement, isLastSearched, toAuditEvent } from './audit-events.ts';
import type { EventRow, ListedRow } from './audit-events.ts';
import { rowsOf, runBatch } from './d1.ts';
import type { Condition } from './iam-audit.ts';
import { organisationId, readOrganisation, selectOrganisation } from './organisations.ts';

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
