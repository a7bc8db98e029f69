// The further requests of counted events in the table audit_event_request, read when the events are archived.

import type { ListedAuditEvent } from '../objects/audit-log.ts';
import { rowsOf, runBatch } from './d1.ts';
import { COUNTED_REQUESTS_AFTER_MS, COUNTED_REQUESTS_BEFORE_MS } from './limits.ts';
import { requestIdNear } from './request-ids.ts';

/** The further requests of counted events, in the times in which they were made. */
export const REQUESTS = `SELECT r.event_id AS eventId, r.request_id AS requestId FROM json_each(?2) made CROSS JOIN audit_event_request r
  ON r.organisation_id = ?1 AND r.request_id >= made.value ->> 0 AND r.request_id < made.value ->> 1
  WHERE r.event_id IN (SELECT value FROM json_each(?3))`;

/** The further requests of each event that has some. Throws StorageUnavailable. */
export async function readRequests(
  db: D1Database,
  organisationId: string,
  events: readonly ListedAuditEvent[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const counted = events.filter(({ count }) => count > 1);
  const found = new Map<string, string[]>();
  if (counted.length === 0) return found;
  const times = counted
    .map(({ requestId }): [string, string] => [
      requestIdNear(requestId, -COUNTED_REQUESTS_BEFORE_MS),
      requestIdNear(requestId, COUNTED_REQUESTS_AFTER_MS),
    ])
    .toSorted(([one], [other]) => (one < other ? -1 : 1));
  const ids = JSON.stringify(counted.map(({ id }) => id));
  const [rows] = await runBatch(db, [db.prepare(REQUESTS).bind(organisationId, JSON.stringify(united(times)), ids)]);
  for (const { eventId, requestId } of rowsOf<{ readonly eventId: string; readonly requestId: string }>(rows)) {
    const others = found.get(eventId);
    if (others === undefined) found.set(eventId, [requestId]);
    else others.push(requestId);
  }
  return found;
}

/** Times that overlap as one, so that no row is read twice; they come in order. */
function united(times: readonly (readonly [string, string])[]): [string, string][] {
  const all: [string, string][] = [];
  for (const [from, to] of times) {
    const before = all.at(-1);
    if (before !== undefined && from <= before[1]) before[1] = to > before[1] ? to : before[1];
    else all.push([from, to]);
  }
  return all;
}
