// Rotates our signing keys in the table signing_key, each change with its audit event: all of it or nothing.

import type { KeyChange, Rotation } from '../objects/key-rotation.ts';
import type { ChangeEvent } from '../objects/storage.ts';
import { MAX_TOKEN_LIFETIME_SECONDS } from '../rules/limits.ts';
import type { SigningKeyState } from '../exchange/ports.ts';
import { runBatch, rowsOf } from './d1.ts';
import { eventExists, insertEvent } from './iam-audit.ts';
import type { Condition } from './iam-audit.ts';
import { selectSigningKeys } from './signing-keys.ts';

// The guard of a rotation: the keys are still those that it was decided for, so that of two rotations at once one loses.
const FOLLOWS = `EXISTS (SELECT 1 FROM signing_key WHERE kid = ? AND alg = ? AND status = 'standby')
  AND (SELECT kid FROM signing_key WHERE alg = ? AND status = 'active') IS ?`;
const SIGNS = "(SELECT kid FROM signing_key WHERE alg = ? AND status = 'active') IS ?";
const STANDS = 'EXISTS (SELECT 1 FROM signing_key WHERE kid = ? AND status = ?)';
const RETIRE = "UPDATE signing_key SET status = 'retiring', retiring_at = ?, expires_at = ? WHERE kid = ?";
const REVOKE = "UPDATE signing_key SET status = 'revoked', revoked_at = ?, sealed = NULL WHERE kid = ?";
const ACTIVATE = "UPDATE signing_key SET status = 'active', activated_at = ? WHERE kid = ?";
const ADD = `INSERT INTO signing_key (kid, alg, status, published_at, activated_at, source, sealed)
SELECT ?, ?, ?, ?, ?, 'sealed', ? WHERE true`;

/**
 * Carries out a rotation with an audit event for each of its changes in one transaction and reads all states; null, and nothing
 * written, if the keys are not those any more that it was decided for. Throws StorageUnavailable.
 */
export async function rotateSigningKeys(
  db: D1Database,
  { mode, changes, standbys }: Rotation,
  events: readonly ChangeEvent[],
  now: number,
): Promise<SigningKeyState[] | null> {
  const [first, ...others] = events;
  if (first === undefined) throw new Error('a rotation has an event for each change');
  const done = eventExists(first);
  const guard = allOf(changes.map(guardOf));
  const change = (sql: string, values: readonly (string | number | null)[]): D1PreparedStatement =>
    db.prepare(`${sql} AND ${done.sql}`).bind(...values, ...done.values);
  const results = await runBatch(db, [
    insertEvent(db, first, guard),
    ...others.map((event) => insertEvent(db, event, done)),
    // A key stops before the next one starts: the unique index allows one active key per algorithm at any moment.
    ...changes.flatMap(({ next, previous }) => {
      if (previous === null) return [];
      return next === null || mode === 'emergency'
        ? [change(REVOKE, [now, previous.kid])]
        : [change(RETIRE, [now, now + MAX_TOKEN_LIFETIME_SECONDS, previous.kid])];
    }),
    ...changes.flatMap(({ next }) => {
      if (next === null) return [];
      if (!('sealed' in next)) return [change(ACTIVATE, [now, next.kid])];
      return [change(ADD, [next.kid, next.alg, 'active', now, now, next.sealed])];
    }),
    ...standbys.map(({ kid, alg, sealed }) => change(ADD, [kid, alg, 'standby', now, null, sealed])),
    selectSigningKeys(db),
  ]);
  return results[0]?.meta.changes === 1 ? rowsOf<SigningKeyState>(results.at(-1)) : null;
}

function guardOf({ alg, next, previous }: KeyChange): Condition {
  if (next !== null && 'sealed' in next) return { sql: SIGNS, values: [alg, previous?.kid ?? null] };
  if (next !== null) return { sql: FOLLOWS, values: [next.kid, alg, alg, previous?.kid ?? null] };
  return { sql: STANDS, values: [previous?.kid ?? '', previous?.status ?? ''] };
}

function allOf(conditions: readonly Condition[]): Condition {
  return { sql: conditions.map(({ sql }) => sql).join(' AND '), values: conditions.flatMap(({ values }) => values) };
}
