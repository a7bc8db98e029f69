// Runs a change and its audit event as one D1 batch, and tells what the database said; it knows no table but through statements.

import type { ChangeEvent, ObjectName, WriteOutcome } from '../objects/storage.ts';
import { StorageUnavailable } from '../exchange/ports.ts';
import { rowsOf, runBatch } from './d1.ts';

/** Finds the object that has the same values in these columns; null if it is gone by now. */
export type FindHolder = (columns: readonly string[]) => Promise<ObjectName | null>;

/**
 * Runs a batch whose first statement inserts the audit event if the change may happen, and whose others only take effect
 * if that event exists: a change without its event, or an event without its change, cannot be written.
 * `explain` reads the rows of the last statement if nothing was changed, `findHolder` says whose value it was that collided.
 * A change that is only judged ends in a statement that fails, so that D1 has judged it by everything and undoes all of it.
 */
export async function writeChange<Row>(
  db: D1Database,
  event: ChangeEvent,
  statements: readonly D1PreparedStatement[],
  explain: (row: Row | undefined) => WriteOutcome | Promise<WriteOutcome>,
  findHolder: FindHolder = () => Promise.resolve(null),
): Promise<WriteOutcome> {
  try {
    const results = await runBatch(db, [...statements, ...(event.isJudgement ? [failIfWritten(db, event)] : [])]);
    const last = results[statements.length - 1];
    return results[0]?.meta.changes === 1 ? { outcome: 'done' } : await explain(rowsOf<Row>(last)[0]);
  } catch (error) {
    const cause = error instanceof StorageUnavailable && error.cause instanceof Error ? error.cause.message : '';
    if (event.isJudgement && cause.includes(WRITTEN + event.id)) return { outcome: 'done' };
    if (/FOREIGN KEY constraint failed/.test(cause)) return { outcome: 'in_use' };
    const columns = uniqueColumns(cause);
    if (columns === null) throw error;
    return { outcome: 'duplicate', column: columns.at(-1) ?? '', conflictsWith: await findHolder(columns) };
  }
}

/** Begins what SQLite calls a bad JSON path in its message: a SELECT has no other way to fail with words of ours. */
const WRITTEN = 'judged_';

/** Fails if the event was inserted, and with it everything that depends on it; the path is of the row, so that nothing fails before. */
function failIfWritten(db: D1Database, { organisationId, id }: ChangeEvent): D1PreparedStatement {
  return db
    .prepare(`SELECT json_extract('{}', '${WRITTEN}' || id) FROM audit_event WHERE organisation_id = ? AND id = ?`)
    .bind(organisationId, id);
}

/** The columns of the UNIQUE constraint that a batch broke; D1 tells only in words, and the last is what should be unique. */
function uniqueColumns(message: string): readonly string[] | null {
  const columns = /UNIQUE constraint failed: ([\w., ]+)/.exec(message)?.[1];
  return columns === undefined ? null : columns.split(', ').map((name) => name.slice(name.indexOf('.') + 1));
}
