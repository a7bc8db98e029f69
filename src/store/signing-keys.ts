// The table signing_key: the life of each key of ours, and the private parts of those that the service made, sealed.

import type { MadeKey } from '../objects/key-rotation.ts';
import type { SigningKeyState } from '../exchange/ports.ts';
import { runBatch, rowsOf } from './d1.ts';
import { selectList } from './json-rows.ts';
import type { Columns } from './json-rows.ts';

/** A key as a secret names it. */
export interface KeyName {
  readonly kid: string;
  readonly alg: string;
}

/** What a state is read from, of the table `k`. */
export const SIGNING_KEY_COLUMNS: Columns & Record<keyof SigningKeyState, string> = {
  kid: 'k.kid',
  alg: 'k.alg',
  status: 'k.status',
  source: 'k.source',
  publishedAt: 'k.published_at',
  activatedAt: 'k.activated_at',
  retiringAt: 'k.retiring_at',
  expiresAt: 'k.expires_at',
  revokedAt: 'k.revoked_at',
};
const SELECT_ALL = `SELECT ${selectList(SIGNING_KEY_COLUMNS)} FROM signing_key k ORDER BY k.published_at, k.kid`;

// The first key of an algorithm signs at once, a later one waits as standby. The unique index lets one racer win.
const REGISTER = `INSERT INTO signing_key (kid, alg, status, published_at, activated_at)
SELECT ?1, ?2, iif(taken, 'standby', 'active'), ?3, iif(taken, NULL, ?3)
FROM (SELECT EXISTS (SELECT 1 FROM signing_key WHERE alg = ?2 AND status = 'active') AS taken)
WHERE true ON CONFLICT DO NOTHING`;

// One that the service made signs at once if none of its algorithm does, else it waits; where one waits already it is dropped.
const KEEP = `INSERT INTO signing_key (kid, alg, status, published_at, activated_at, source, sealed)
SELECT ?1, ?2, iif(taken, 'standby', 'active'), ?3, iif(taken, NULL, ?3), 'sealed', ?4
FROM (SELECT EXISTS (SELECT 1 FROM signing_key WHERE alg = ?2 AND status = 'active') AS taken)
WHERE NOT taken OR NOT EXISTS (SELECT 1 FROM signing_key WHERE alg = ?2 AND status = 'standby' AND source = 'sealed')
ON CONFLICT DO NOTHING`;
const SELECT_SEALED = "SELECT kid, alg, sealed FROM signing_key WHERE sealed IS NOT NULL AND status <> 'revoked'";
const ERASE =
  "UPDATE signing_key SET sealed = NULL WHERE sealed IS NOT NULL AND status = 'retiring' AND expires_at <= ?1";

/** The statement that reads all keys' states, for a batch. */
export function selectSigningKeys(db: D1Database): D1PreparedStatement {
  return db.prepare(SELECT_ALL);
}

/** Reads the states of all keys, oldest first. Throws StorageUnavailable. */
export async function readSigningKeys(db: D1Database): Promise<SigningKeyState[]> {
  const [result] = await runBatch(db, [selectSigningKeys(db)]);
  return rowsOf<SigningKeyState>(result);
}

/** Records keys that the bundle has and D1 does not, in the bundle's order, and reads all states. Throws StorageUnavailable. */
export async function registerSigningKeys(
  db: D1Database,
  keys: readonly KeyName[],
  now: number,
): Promise<SigningKeyState[]> {
  const results = await runBatch(db, [
    ...keys.map(({ kid, alg }) => db.prepare(REGISTER).bind(kid, alg, now)),
    selectSigningKeys(db),
  ]);
  return rowsOf<SigningKeyState>(results.at(-1));
}

/** The statement that reads the sealed private parts of all keys that are in the JWKS. */
export function selectSealedKeys(db: D1Database): D1PreparedStatement {
  return db.prepare(SELECT_SEALED);
}

/** Reads the sealed private parts of all keys that are in the JWKS. Throws StorageUnavailable. */
export async function readSealedKeys(db: D1Database): Promise<MadeKey[]> {
  const [result] = await runBatch(db, [selectSealedKeys(db)]);
  return rowsOf<MadeKey>(result);
}

/** Keeps a key that the service made, if it is the first to fill its place, and reads all states. Throws StorageUnavailable. */
export async function keepSealedKey(
  db: D1Database,
  { kid, alg, sealed }: MadeKey,
  now: number,
): Promise<SigningKeyState[]> {
  const [, states] = await runBatch(db, [db.prepare(KEEP).bind(kid, alg, now, sealed), selectSigningKeys(db)]);
  return rowsOf<SigningKeyState>(states);
}

/** Forgets the private parts of keys whose last token has expired. Throws StorageUnavailable. */
export async function eraseExpiredKeys(db: D1Database, now: number): Promise<void> {
  await runBatch(db, [db.prepare(ERASE).bind(now)]);
}
