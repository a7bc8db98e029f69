// How every store file talks to D1: one round trip, one transaction; a failure is StorageUnavailable, never a guess.

import { inTime } from '../timeout.ts';
import { STORAGE_TIMEOUT_MS } from './limits.ts';
import { StorageUnavailable } from '../exchange/ports.ts';

/**
 * Runs statements as one transaction in one round trip. Throws StorageUnavailable if D1 fails, answers with anything but a
 * result for each statement, or not within STORAGE_TIMEOUT_MS: whether the transaction was carried out is then unknown.
 */
export async function runBatch(
  db: D1Database,
  statements: D1PreparedStatement[],
): Promise<D1Result<Record<string, unknown>>[]> {
  try {
    const results = await inTime(send(db, statements), STORAGE_TIMEOUT_MS);
    if (results.length !== statements.length || !results.every(({ success }) => success))
      throw new Error(
        `${statements.length} statements were answered with ${results.length} results, or not all of success`,
      );
    return results;
  } catch (cause) {
    throw new StorageUnavailable('D1 did not carry out a batch', { cause });
  }
}

/** A statement is a transaction of its own, which D1 answers with less around it than a batch of one. */
async function send(
  db: D1Database,
  statements: readonly D1PreparedStatement[],
): Promise<D1Result<Record<string, unknown>>[]> {
  const [first, ...others] = statements;
  if (first !== undefined && others.length === 0) return [await first.all<Record<string, unknown>>()];
  return db.batch<Record<string, unknown>>([...statements]);
}

/** The rows of one result of a batch, as the row type its statement selects. */
export function rowsOf<Row>(result: D1Result<Record<string, unknown>> | undefined): Row[] {
  return (result?.results ?? []) as Row[];
}
