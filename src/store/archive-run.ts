// What the schedule does for the archive: old objects go, old events follow; each step may fail or end, and the next run goes on.

import { archiveEvents } from './archive.ts';
import type { ArchivedInRun } from './archive.ts';
import { deleteOldObjects } from './archive-retention.ts';
import { SECONDS_PER_DAY } from './limits.ts';

/** Deletes what is past its retention and archives what is no longer hot, at `now` (epoch seconds). Throws StorageUnavailable. */
export async function runArchive(
  db: D1Database,
  bucket: R2Bucket,
  now: number,
  { retentionDays, hotDays }: { readonly retentionDays: number; readonly hotDays: number },
): Promise<ArchivedInRun & { readonly deletedObjects: number }> {
  const deletedObjects = await deleteOldObjects(db, bucket, now - retentionDays * SECONDS_PER_DAY);
  return { deletedObjects, ...(await archiveEvents(db, bucket, now - hotDays * SECONDS_PER_DAY, now)) };
}
