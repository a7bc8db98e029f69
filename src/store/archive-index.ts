// The table audit_archive: which object holds the events of a time, of an id or of a request; by indexes alone, a bounded number of rows.

import type { ArchiveEntry } from '../objects/audit-archive.ts';
import type { AuditFilter } from '../objects/audit-log.ts';
import { tagConditions } from './archive-tags.ts';
import type { Condition } from './iam-audit.ts';
import {
  MAX_ARCHIVED_SPAN_SECONDS,
  MAX_ENTRIES_OF_AN_ID,
  MAX_ENTRIES_SEARCHED,
  MAX_OBJECTS_OF_AN_ID,
  MAX_OBJECTS_READ,
} from './limits.ts';
import { organisationId } from './organisations.ts';

const COLUMNS = `sequence, sha256, previous, state, bytes, events, first_time AS firstTime, first_id AS firstId, last_time AS lastTime,
  last_id AS lastId, archived_at AS archivedAt`;

/** A row as COLUMNS selects it. */
export interface EntryRow extends Pick<
  ArchiveEntry,
  'sequence' | 'sha256' | 'previous' | 'bytes' | 'events' | 'archivedAt'
> {
  readonly state: 'kept' | 'removing' | 'removed';
  readonly firstTime: number;
  readonly firstId: string;
  readonly lastTime: number;
  readonly lastId: string;
}

/** A row of those that a list goes through. */
export interface SearchedRow extends EntryRow {
  /** 1 if its object may have events that the filters leave. */
  readonly met: number;
  /** Its place among those that were gone through, from 1; null if it was found by an id. */
  readonly place: number | null;
}

/** The entry that a row holds. */
export function toEntry({ state, firstTime, firstId, lastTime, lastId, ...row }: EntryRow): ArchiveEntry {
  const { sequence, sha256, previous, bytes, events, archivedAt } = row;
  return {
    sequence,
    sha256,
    previous,
    bytes,
    events,
    archivedAt,
    first: { time: firstTime, id: firstId },
    last: { time: lastTime, id: lastId },
    isRemoved: state !== 'kept',
  };
}

/**
 * Selects the objects that may have events which the filters leave, that with the newest event first; and the last entry gone
 * through, met or not, if there may be more behind it. An object spans a bounded time, so those that begin behind the cursor
 * end at most that time before it, and the index is entered there.
 */
export async function searchStatement(organisation: string, filter: AuditFilter): Promise<Condition> {
  const owner = organisationId(organisation);
  const { since, until, before } = filter;
  const ends = [until ?? Infinity, before === null ? Infinity : before.time + 1].filter(Number.isFinite);
  const end = ends.length === 0 ? null : Math.min(...ends);
  const place: Condition[] = [
    { sql: `organisation_id = ${owner.sql}`, values: owner.values },
    ...(since === null ? [] : [{ sql: 'last_time >= ?', values: [since] }]),
    ...(end === null ? [] : [{ sql: 'last_time < ?', values: [end + MAX_ARCHIVED_SPAN_SECONDS] }]),
    { sql: "state = 'kept'", values: [] },
    ...(until === null ? [] : [{ sql: 'first_time < ?', values: [until] }]),
    ...(before === null ? [] : [{ sql: '(first_time, first_id) < (?, ?)', values: [before.time, before.id] }]),
  ];
  const tags = await tagConditions(filter);
  const met = tags.length === 0 ? '1' : tags.map(({ sql }) => sql).join(' AND ');
  return {
    sql: `SELECT ${COLUMNS}, met, place FROM (SELECT *, ${met} AS met, row_number() OVER (ORDER BY last_time DESC, last_id DESC) AS place
        FROM audit_archive INDEXED BY audit_archive_by_time WHERE ${place.map(({ sql }) => sql).join(' AND ')}
        ORDER BY last_time DESC, last_id DESC LIMIT ${MAX_ENTRIES_SEARCHED})
      WHERE met OR place = ${MAX_ENTRIES_SEARCHED} LIMIT ${MAX_OBJECTS_READ + 1}`,
    values: [...tags, ...place].flatMap(({ values }) => values),
  };
}

/** Selects the objects among whose events, or requests, this id may be. Ids carry the time they were made at, so it is one of the first. */
export function ofIdStatement(organisation: string, of: 'id' | 'request', id: string): Condition {
  const owner = organisationId(organisation);
  return {
    sql: `SELECT ${COLUMNS}, 1 AS met, NULL AS place FROM (SELECT * FROM audit_archive INDEXED BY audit_archive_by_${of}
        WHERE organisation_id = ${owner.sql} AND highest_${of} >= ? ORDER BY highest_${of} LIMIT ${MAX_ENTRIES_OF_AN_ID})
      WHERE lowest_${of} <= ? AND state = 'kept' LIMIT ${MAX_OBJECTS_OF_AN_ID}`,
    values: [...owner.values, id, id],
  };
}

/** Selects the chain behind a sequence, oldest first, one more than `limit`. */
export function chainStatement(organisation: string, after: number, limit: number): Condition {
  const owner = organisationId(organisation);
  return {
    sql: `SELECT ${COLUMNS} FROM audit_archive WHERE organisation_id = ${owner.sql} AND sequence > ? ORDER BY sequence LIMIT ?`,
    values: [...owner.values, after, limit + 1],
  };
}
