// Says early that D1 is filling: a database that is full takes no audit event, and then nobody gets a token.

import { runBatch } from './d1.ts';
import { FILLING_DATABASE_SHARE, MAX_DATABASE_BYTES } from './limits.ts';

/** What to know about a database of so many bytes; null while there is room. */
export function fillingWarning(bytes: number): string | null {
  const share = bytes / MAX_DATABASE_BYTES;
  if (share < FILLING_DATABASE_SHARE) return null;
  return `DB is ${Math.floor(share * 100)} % full (${(bytes / 1e9).toFixed(1)} of 10 GB), and nobody gets a token once it is full: bind an R2 bucket as ARCHIVE, or lower AUDIT_HOT_DAYS or AUDIT_RETENTION_DAYS`;
}

/** The size that D1 says its database has; null if it does not say. */
export function bytesSaid(results: readonly D1Result[]): number | null {
  const sizes = results.map(({ meta }) => meta.size_after).filter((size) => typeof size === 'number');
  return sizes.at(-1) ?? null;
}

/** The size of the database in bytes, and what to know about it. Throws StorageUnavailable. */
export async function examineSize(
  db: D1Database,
): Promise<{ readonly bytes: number | null; readonly warning: string | null }> {
  const bytes = bytesSaid(await runBatch(db, [db.prepare('SELECT 1')]));
  return { bytes, warning: bytes === null ? null : fillingWarning(bytes) };
}
