// The members of identity_provider that a refresh of its keys changes; it never sees the keys.

import type { ChangeEvent, ProviderKeyStore, WriteOutcome } from '../objects/storage.ts';
import type { IdentityProviderRecord } from '../objects/identity-provider.ts';
import { runBatch } from './d1.ts';
import { eventExists, insertEvent } from './iam-audit.ts';
import { writeChange } from './iam-write.ts';

// The version is the guard: every refresh raises it, and so does every change of the address that keys come from.
const UNCHANGED = 'id = ? AND organisation_id = ? AND keys_version = ?';
const REFRESH = `UPDATE identity_provider SET keys_version = keys_version + 1, fetched_keys = ?, last_fetched_at = ?, last_fetch_error = NULL
  WHERE ${UNCHANGED}`;
const NOTE_FAILURE = `UPDATE identity_provider SET last_fetch_error = ? WHERE ${UNCHANGED}`;

/** The refreshes of D1. */
export function providerKeyStore(db: D1Database): ProviderKeyStore {
  return {
    recordRefresh: (next, version, event) => recordRefresh(db, next, version, event),
    recordFailure: async (provider, error) => {
      await runBatch(db, [
        db.prepare(NOTE_FAILURE).bind(error, provider.id, provider.organisationId, provider.keysVersion),
      ]);
    },
  };
}

async function recordRefresh(
  db: D1Database,
  next: IdentityProviderRecord,
  version: number,
  event: ChangeEvent,
): Promise<WriteOutcome> {
  const recorded = eventExists(event);
  const unchanged = [next.id, next.organisationId, version];
  return await writeChange(
    db,
    event,
    [
      insertEvent(db, event, { sql: `EXISTS (SELECT 1 FROM identity_provider WHERE ${UNCHANGED})`, values: unchanged }),
      db
        .prepare(`${REFRESH} AND ${recorded.sql}`)
        .bind(JSON.stringify(next.keys), next.lastFetchedAt, ...unchanged, ...recorded.values),
    ],
    () => ({ outcome: 'stale' }),
  );
}
