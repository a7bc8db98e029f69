// How every store file talks to D1: one batch is one round trip and one transaction; a failure is StorageUnavailable, never a guess.

import { StorageUnavailable } from '../core/ports.ts';

/** Runs statements as one transaction in one round trip. Throws StorageUnavailable where D1 fails. */
export async function runBatch(
  db: D1Database,
  statements: D1PreparedStatement[],
): Promise<D1Result<Record<string, unknown>>[]> {
  try {
    return await db.batch<Record<string, unknown>>(statements);
  } catch (cause) {
    throw new StorageUnavailable('D1 did not carry out a batch', { cause });
  }
}

/** The rows of one result of a batch, as the row type its statement selects. */
export function rowsOf<Row>(result: D1Result<Record<string, unknown>> | undefined): Row[] {
  return (result?.results ?? []) as Row[];
}
