// Joins what D1 has of a list of audit events with what the archive has, newest first, as if all were in one place.

import { readArchiveText } from '../objects/audit-archive.ts';
import type { ArchiveEntry } from '../objects/audit-archive.ts';
import { auditEventOf } from '../objects/audit-event-view.ts';
import type { AuditEventView } from '../objects/audit-event.ts';
import type { AuditCursor, AuditFilter, ListedAuditEvent } from '../objects/audit-log.ts';
import { MAX_AUDIT_EVENTS_SEARCHED } from '../objects/limits.ts';
import { idAfter } from '../objects/typeid.ts';
import { toEntry } from './archive-index.ts';
import type { SearchedRow } from './archive-index.ts';
import { bound, readObject } from './archive-object.ts';
import { comparedMembers, hasMembers } from './archive-tags.ts';
import { MAX_ENTRIES_SEARCHED, MAX_OBJECTS_READ, OBJECTS_READ_AT_ONCE } from './limits.ts';

/** An event as a line of an object has it. */
export interface ArchivedEvent extends AuditEventView {
  /** The other requests that it counts, by which it is found. */
  readonly requests?: readonly string[];
}

/** What is known of a list so far. */
export interface Found {
  /** Newest first. */
  readonly events: readonly ListedAuditEvent[];
  /** All events from this place on are known, and older ones may be missing; null if none are. */
  readonly knownFrom: AuditCursor | null;
}

/** Reads the events of an object that the filter leaves, newest first; or of these only the one with an id. */
export type ReadArchived = (entry: ArchiveEntry, filter: AuditFilter, id?: string) => Promise<ListedAuditEvent[]>;

/** Reads objects of an organisation, given by its id. */
export function archiveReader(bucket: R2Bucket | null, organisationId: string): ReadArchived {
  return async (entry, filter, id) => {
    const lines = readArchiveText(await readObject(bound(bucket), organisationId, entry))?.lines ?? [];
    // Most lines are passed over unread: a value stands in its line as JSON writes it.
    const values = [...comparedMembers(filter).map(({ value }) => value), filter.requestId, id ?? null];
    const written = values.filter((value) => value !== null).map((value) => JSON.stringify(value));
    return lines
      .filter((line) => written.every((text) => line.includes(text)))
      .map((line) => JSON.parse(line) as ArchivedEvent)
      .filter((event) => isOfRequest(event, filter.requestId))
      .map(({ requests: _requests, ...event }) => auditEventOf(event))
      .filter((event) => (id === undefined || event.id === id) && isWithin(event, filter) && hasMembers(event, filter))
      .toReversed();
  };
}

function isOfRequest({ requestId, requests = [] }: ArchivedEvent, asked: string | null): boolean {
  return asked === null || requestId === asked || requests.includes(asked);
}

function isWithin(event: ListedAuditEvent, { since, until, before }: AuditFilter): boolean {
  const isBehind = before === null || compare(event, before) < 0;
  return isBehind && (since === null || event.time >= since) && (until === null || event.time < until);
}

/** The order of the list turned round: below 0 if `one` is the older. */
function compare(one: AuditCursor, other: AuditCursor): number {
  return one.time - other.time || (one.id < other.id ? -1 : Number(one.id > other.id));
}

/**
 * Adds what the archive has, as far as one page needs it and a bounded number of objects gives it. The rows are in the order
 * of the newest event of each object; objects of a request may lie anywhere, so all of them are read.
 */
export async function withArchived(
  found: Found,
  rows: readonly SearchedRow[],
  read: ReadArchived,
  filter: AuditFilter,
): Promise<Found> {
  let { events, knownFrom } = found;
  let [objects, searched] = [0, 0];
  for (let at = 0; at < rows.length;) {
    const { last } = toEntry(rows[at] as SearchedRow);
    if (filter.requestId === null) {
      // Whatever is in this object, and in those behind it, is older than what the page can show.
      if (knownFrom !== null && compare(last, knownFrom) < 0) break;
      const isFull = countFrom(events, last) >= filter.limit;
      if (isFull || objects >= MAX_OBJECTS_READ || searched >= MAX_AUDIT_EVENTS_SEARCHED)
        return { events, knownFrom: behind(last) };
    }
    const wave = waveOf(rows, at, filter.limit);
    const met = wave.filter(({ met }) => met === 1).map(toEntry);
    const more = await Promise.all(met.map(async (entry) => read(entry, filter)));
    // One that is in both places, as after a restore by hand, is shown once.
    events = [...events, ...more.flat()]
      .toSorted((one, other) => compare(other, one))
      .filter(({ id }, index, all) => id !== all[index - 1]?.id);
    objects += met.length;
    searched += met.reduce((sum, entry) => sum + entry.events, 0);
    at += wave.length;
    const lastSearched = wave.find(({ place }) => place === MAX_ENTRIES_SEARCHED);
    if (lastSearched !== undefined) knownFrom = later(knownFrom, toEntry(lastSearched).last);
  }
  return { events, knownFrom };
}

/** The objects that are read at once: as many as may fill a page, if every event of them is shown. */
function waveOf(rows: readonly SearchedRow[], at: number, limit: number): readonly SearchedRow[] {
  let events = 0;
  let end = at;
  while (end < rows.length && end < at + OBJECTS_READ_AT_ONCE && (end === at || events <= limit))
    events += rows[end++]?.events ?? 0;
  return rows.slice(at, end);
}

function countFrom(events: readonly ListedAuditEvent[], place: AuditCursor): number {
  return events.filter((event) => compare(event, place) >= 0).length;
}

/** The place right behind an event that was not read: everything newer is known. */
function behind({ time, id }: AuditCursor): AuditCursor {
  return { time, id: idAfter(id) };
}

function later(one: AuditCursor | null, other: AuditCursor): AuditCursor {
  return one !== null && compare(one, other) > 0 ? one : other;
}
