// Moves old audit events from D1 to R2, object by object (contract §5.7): nothing leaves D1 before R2 has given it back.

import { ARCHIVE_FORM, archiveText } from '../objects/audit-archive.ts';
import { auditEventView } from '../objects/audit-event-view.ts';
import type { ListedAuditEvent } from '../objects/audit-log.ts';
import { packObject, writeObject } from './archive-object.ts';
import { readRequests, REQUESTS } from './archive-requests.ts';
import type { PackedObject } from './archive-object.ts';
import { tagsOf } from './archive-tags.ts';
import type { ArchivedEvent } from './archived-events.ts';
import { AUDIT_COLUMNS, toAuditEvent } from './audit-events.ts';
import type { EventRow } from './audit-events.ts';
import { rowsOf, runBatch } from './d1.ts';
import {
  ARCHIVED_EVENT_BYTES,
  ARCHIVED_REQUEST_BYTES,
  MAX_ARCHIVED_BYTES,
  MAX_ARCHIVED_EVENTS,
  MAX_ARCHIVED_SPAN_SECONDS,
  MAX_EVENTS_PER_RUN,
  MAX_OBJECTS_PER_RUN,
  MAX_REQUESTS_PER_EVENT,
} from './limits.ts';
import { EVENT_ORGANISATIONS } from './sweep.ts';

/** Organisations with events before ?1, that with the oldest first. */
const WAITING = `${EVENT_ORGANISATIONS}
  SELECT id FROM (SELECT id, (SELECT min(time) FROM audit_event WHERE organisation_id = organisation_seen.id) AS oldest FROM organisation_seen)
  WHERE oldest < ?1 ORDER BY oldest, id LIMIT ${MAX_OBJECTS_PER_RUN}`;

const HEAD = `SELECT sequence, sha256 FROM audit_archive WHERE organisation_id = ?1 ORDER BY sequence DESC LIMIT 1`;

/** The oldest events of an organisation before ?2, as many as one object holds. */
const OLDEST = `SELECT ${AUDIT_COLUMNS} FROM
    (SELECT e.rowid AS event, row_number() OVER (ORDER BY e.time, e.id) AS place,
      sum(${ARCHIVED_EVENT_BYTES} + ${['claims', 'asked', 'changes', 'detail', 'subject'].map((column) => `coalesce(octet_length(e.${column}), 0)`).join(' + ')}
        + ${ARCHIVED_REQUEST_BYTES} * min(e.count - 1, ${MAX_REQUESTS_PER_EVENT})) OVER (ORDER BY e.time, e.id) AS size
    FROM audit_event e INDEXED BY audit_event_by_time WHERE e.organisation_id = ?1 AND e.time < ?2
      AND e.time < (SELECT min(time) FROM audit_event WHERE organisation_id = ?1) + ${MAX_ARCHIVED_SPAN_SECONDS}
    ORDER BY e.time, e.id LIMIT ${MAX_ARCHIVED_EVENTS}) oldest
  CROSS JOIN audit_event e ON e.rowid = oldest.event
  WHERE oldest.size <= ${MAX_ARCHIVED_BYTES} OR oldest.place = 1`;

// The chain is as it was when the object was made, so a run that was overtaken by another one changes nothing.
const GUARD = `NOT EXISTS (SELECT 1 FROM audit_archive WHERE organisation_id = ?1 AND sequence >= ?2)
  AND (SELECT sha256 FROM audit_archive WHERE organisation_id = ?1 AND sequence = ?2 - 1) IS ?3`;
// First, since a database that is full has room for the entry only then.
const DELETE_EVENTS = `DELETE FROM audit_event WHERE organisation_id = ?1 AND id IN (SELECT value FROM json_each(?4)) AND ${GUARD}`;
const DELETE_REQUESTS = `DELETE FROM audit_event_request WHERE (organisation_id, request_id, event_id) IN
  (SELECT ?1, value ->> 0, value ->> 1 FROM json_each(?4)) AND ${GUARD}`;
const INSERT = `INSERT INTO audit_archive (organisation_id, sequence, previous, sha256, bytes, events, first_time, first_id,
    last_time, last_id, lowest_id, highest_id, lowest_request, highest_request, tags, archived_at)
  SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16 WHERE ${GUARD}`;

/**
 * Every statement of this file, for the test that each of them uses an index.
 * @internal
 */
export const ARCHIVE_STATEMENTS: readonly string[] = [
  WAITING,
  HEAD,
  OLDEST,
  REQUESTS,
  DELETE_EVENTS,
  DELETE_REQUESTS,
  INSERT,
];

/** What one run moved. */
export interface ArchivedInRun {
  readonly objects: number;
  readonly events: number;
  /** Whether older events are left for the next run. */
  readonly isBehind: boolean;
}

/**
 * Moves events before `before` (epoch seconds) into objects, a bounded number a run, one of each organisation in turn. It may
 * end anywhere: the next run goes on. Throws StorageUnavailable.
 */
export async function archiveEvents(
  db: D1Database,
  bucket: R2Bucket,
  before: number,
  now: number,
): Promise<ArchivedInRun> {
  let [objects, events] = [0, 0];
  const [found] = await runBatch(db, [db.prepare(WAITING).bind(before)]);
  let waiting = rowsOf<{ readonly id: string }>(found);
  const isBehind = waiting.length === MAX_OBJECTS_PER_RUN;
  while (waiting.length > 0) {
    const next: typeof waiting = [];
    for (const organisation of waiting) {
      if (objects >= MAX_OBJECTS_PER_RUN || events >= MAX_EVENTS_PER_RUN) return { objects, events, isBehind: true };
      const moved = await archiveNext(db, bucket, organisation.id, before, now);
      if (moved === null) continue;
      objects += 1;
      events += moved;
      next.push(organisation);
    }
    waiting = next;
  }
  return { objects, events, isBehind };
}

/** Moves the oldest events of an organisation; how many, or null if none are left, or another run has just moved them. */
async function archiveNext(
  db: D1Database,
  bucket: R2Bucket,
  organisationId: string,
  before: number,
  now: number,
): Promise<number | null> {
  const [head, oldest] = await runBatch(db, [
    db.prepare(HEAD).bind(organisationId),
    db.prepare(OLDEST).bind(organisationId, before),
  ]);
  const events = rowsOf<EventRow>(oldest).map(toAuditEvent);
  if (events.length === 0) return null;
  const [end] = rowsOf<{ readonly sequence: number; readonly sha256: string }>(head);
  const link = { sequence: (end?.sequence ?? 0) + 1, previous: end?.sha256 ?? null };
  const requests = await readRequests(db, organisationId, events);
  const lines = events.map((event): string => {
    const others = requests.get(event.id);
    const line: ArchivedEvent = { ...auditEventView(event), ...(others === undefined ? {} : { requests: others }) };
    return JSON.stringify(line);
  });
  const header = { form: ARCHIVE_FORM, organisation: organisationId, ...link, events: events.length } as const;
  const object = await packObject(archiveText(header, lines));
  await writeObject(bucket, organisationId, link.sequence, object);
  return (await commit(db, { organisationId, ...link, object, events, requests, now })) ? events.length : null;
}

interface Move {
  readonly organisationId: string;
  readonly sequence: number;
  readonly previous: string | null;
  readonly object: PackedObject;
  readonly events: readonly ListedAuditEvent[];
  readonly requests: ReadonlyMap<string, readonly string[]>;
  readonly now: number;
}

/** Takes the events out of D1 and enters their object, in one transaction; false if the chain has grown since. */
async function commit(db: D1Database, move: Move): Promise<boolean> {
  const { organisationId, sequence, previous, object, events, requests, now } = move;
  const link = [organisationId, sequence, previous];
  const [first, last] = [events[0], events.at(-1)];
  if (first === undefined || last === undefined) return false;
  const counted = [...requests].flatMap(([event, ids]) => ids.map((request) => [request, event]));
  const ids = events.map(({ id }) => id);
  const requestIds = [...events.map(({ requestId }) => requestId), ...[...requests.values()].flat()];
  const results = await runBatch(db, [
    db.prepare(DELETE_EVENTS).bind(...link, JSON.stringify(ids)),
    db.prepare(DELETE_REQUESTS).bind(...link, JSON.stringify(counted)),
    db
      .prepare(INSERT)
      .bind(
        ...link,
        object.sha256,
        object.bytes.length,
        events.length,
        first.time,
        first.id,
        last.time,
        last.id,
        ...ends(ids),
        ...ends(requestIds),
        await tagsOf(events),
        now,
      ),
  ]);
  return results[2]?.meta.changes === 1;
}

/** The lowest and the highest. */
function ends(ids: readonly string[]): readonly [string, string] {
  const sorted = ids.toSorted();
  return [sorted[0] ?? '', sorted.at(-1) ?? ''];
}
