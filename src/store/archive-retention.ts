// Deletes objects of the archive whose events are past their retention, the oldest of a chain first; the last one's hash is kept.

import { deleteObjects } from './archive-object.ts';
import { rowsOf, runBatch } from './d1.ts';
import { MAX_OBJECTS_DELETED_PER_RUN } from './limits.ts';

// One that follows an object with younger events waits for it, so that a chain is only cut at its beginning.
const OVER = `SELECT a.organisation_id AS organisationId, a.sequence FROM audit_archive a INDEXED BY audit_archive_by_age
  WHERE a.state <> 'removed' AND a.last_time < ?1 AND NOT EXISTS (SELECT 1 FROM audit_archive younger
    WHERE younger.organisation_id = a.organisation_id AND younger.sequence < a.sequence AND younger.state = 'kept' AND younger.last_time >= ?1)
  ORDER BY a.last_time, a.sequence LIMIT ${MAX_OBJECTS_DELETED_PER_RUN}`;
const BEGIN = `UPDATE audit_archive SET state = 'removing' WHERE state = 'kept' AND (organisation_id, sequence) IN
  (SELECT value ->> 0, value ->> 1 FROM json_each(?1))`;
const END = `UPDATE audit_archive SET state = 'removed' WHERE organisation_id = ?1 AND sequence = ?2`;
const FORGET = `DELETE FROM audit_archive WHERE organisation_id = ?1 AND sequence < ?2 AND state = 'removed'`;

/**
 * Every statement of this file, for the test that each of them uses an index.
 * @internal
 */
export const RETENTION_STATEMENTS: readonly string[] = [OVER, BEGIN, END, FORGET];

/**
 * Deletes the objects whose newest event is before `before` (epoch seconds), a bounded number a run; how many. The entries say
 * so first, so an object that is not there is never one that should be. Throws StorageUnavailable.
 */
export async function deleteOldObjects(db: D1Database, bucket: R2Bucket, before: number): Promise<number> {
  const [found] = await runBatch(db, [db.prepare(OVER).bind(before)]);
  const over = rowsOf<{ readonly organisationId: string; readonly sequence: number }>(found).toSorted(
    (one, other) => one.sequence - other.sequence,
  );
  if (over.length === 0) return 0;
  const places = over.map(({ organisationId, sequence }) => [organisationId, sequence]);
  await runBatch(db, [db.prepare(BEGIN).bind(JSON.stringify(places))]);
  for (const { organisationId, sequence } of over) {
    await deleteObjects(bucket, organisationId, sequence);
    await runBatch(db, [
      db.prepare(END).bind(organisationId, sequence),
      db.prepare(FORGET).bind(organisationId, sequence),
    ]);
  }
  return over.length;
}
