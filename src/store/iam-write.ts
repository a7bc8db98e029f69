// Runs a change and its audit event as one D1 batch, and tells what the database said; it knows no table but through statements.

import type { WriteOutcome } from '../objects/storage.ts';
import { StorageUnavailable } from '../exchange/ports.ts';
import { rowsOf, runBatch } from './d1.ts';

/**
 * Runs a batch whose first statement inserts the audit event if the change may happen, and whose others only take
 * effect if that event exists: a change without its event, or an event without its change, cannot be written.
 * If nothing was changed, `explain` reads the rows of the last statement.
 */
export async function writeChange<Row>(
  db: D1Database,
  statements: readonly D1PreparedStatement[],
  explain: (row: Row | undefined) => WriteOutcome,
): Promise<WriteOutcome> {
  try {
    const results = await runBatch(db, [...statements]);
    return results[0]?.meta.changes === 1 ? { outcome: 'done' } : explain(rowsOf<Row>(results.at(-1))[0]);
  } catch (error) {
    const broken = error instanceof StorageUnavailable ? brokenConstraint(error.cause) : null;
    if (broken === null) throw error;
    return broken;
  }
}

/** What a constraint that failed a batch means; D1 tells it only in words. */
function brokenConstraint(cause: unknown): WriteOutcome | null {
  const text = cause instanceof Error ? cause.message : '';
  if (/FOREIGN KEY constraint failed/.test(text)) return { outcome: 'in_use' };
  const columns = /UNIQUE constraint failed: ([\w., ]+)/.exec(text)?.[1];
  return columns === undefined ? null : { outcome: 'duplicate', column: columns.slice(columns.lastIndexOf('.') + 1) };
}
