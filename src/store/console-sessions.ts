// The sessions of the console that were ended before their time, in the table revoked_token beside the tokens that were.

import { CLOCK_SKEW_SECONDS } from '../token/limits.ts';
import { rowsOf, runBatch } from './d1.ts';

const ENDED = 'SELECT 1 FROM revoked_token WHERE token_id = ?';
const END = 'INSERT INTO revoked_token (token_id, revoked_at, expires_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING';

/** A token's id is a UUID, so none has this form. */
function rowOf(sessionId: string): string {
  return `console session ${sessionId}`;
}

/** Whether a session was ended. Throws StorageUnavailable. */
export async function isSessionEnded(db: D1Database, sessionId: string): Promise<boolean> {
  const [found] = await runBatch(db, [db.prepare(ENDED).bind(rowOf(sessionId))]);
  return rowsOf(found).length > 0;
}

/** Ends a session; the sweep removes the row after `expiresAt` (epoch seconds), when its cookie has ended by itself. Throws StorageUnavailable. */
export async function endSession(db: D1Database, sessionId: string, expiresAt: number, now: number): Promise<void> {
  await runBatch(db, [db.prepare(END).bind(rowOf(sessionId), now, expiresAt + CLOCK_SKEW_SECONDS)]);
}
