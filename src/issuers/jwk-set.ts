// Reads a JWK Set that others wrote down to the keys that may verify (RFC 7517 §5, contract §6); decides nothing about freshness.

import { isJsonObject } from '../token/json.ts';
import type { JsonObject, JsonValue } from '../token/json.ts';
import { MAX_JWKS_KEYS } from './limits.ts';
import { ok, refuse } from '../exchange/result.ts';
import type { Result } from '../exchange/result.ts';
import { privateMemberOf, readVerificationKey, shownKeys } from './verification-key.ts';
import type { VerificationKey } from './verification-key.ts';

/** The usable keys of a set, never none; the refusal says why there are none, for an operator. */
export function readKeySet(value: JsonValue, jwtSvid: boolean): Result<readonly VerificationKey[], string> {
  const members = isJsonObject(value) ? value['keys'] : undefined;
  if (!Array.isArray(members)) return refuse('it is not a JWK Set: it has no list of keys');
  if (members.length > MAX_JWKS_KEYS) return refuse(`it has more than ${MAX_JWKS_KEYS} keys`);
  const keys: VerificationKey[] = [];
  const skipped = new Set<string>();
  for (const member of members as readonly JsonValue[]) {
    if (!isJsonObject(member)) {
      skipped.add('it is not an object');
      continue;
    }
    const privateMember = privateMemberOf(member);
    if (privateMember !== null)
      return refuse(`it publishes a private key: one of its keys has the member ${privateMember}`);
    const key = readVerificationKey(member, jwtSvid);
    if (key.ok) keys.push(key.value);
    else skipped.add(key.error);
  }
  const distinct = withoutAmbiguity(keys);
  if (distinct.length > 0) return ok(distinct);
  if (members.length === 0) return refuse('it has no keys');
  if (keys.length > 0) skipped.add('another key has the same kid and could verify the same');
  return refuse(`none of its keys is usable: ${[...skipped].join('; ')}`);
}

/**
 * One public key listed several times under one `kid` is one key, for every algorithm that it is listed with. Different keys
 * under one `kid` are told apart by the algorithm; an algorithm that two of them could verify is taken from both, since
 * either could be meant (contract §6).
 */
function withoutAmbiguity(listed: readonly VerificationKey[]): readonly VerificationKey[] {
  const merged = mergeRepeated(listed);
  return merged.flatMap((key) => {
    if (key.kid === null) return [key];
    const others = merged.filter((other) => other !== key && other.kid === key.kid);
    const algorithms = key.algorithms.filter(
      (algorithm) => !others.some((other) => other.algorithms.includes(algorithm)),
    );
    if (algorithms.length === key.algorithms.length) return [key];
    return algorithms.length === 0 ? [] : [{ ...key, algorithms, restricted: true }];
  });
}

function mergeRepeated(listed: readonly VerificationKey[]): readonly VerificationKey[] {
  const byMaterial = new Map<string, VerificationKey>();
  for (const key of listed) {
    const id = JSON.stringify([key.kid, ...materialOf(key)]);
    const other = byMaterial.get(id);
    byMaterial.set(id, other === undefined ? key : unionOf(other, key));
  }
  return [...byMaterial.values()];
}

/** Listed once without `alg`, a key may verify whatever its type can. */
function unionOf(one: VerificationKey, other: VerificationKey): VerificationKey {
  if (!one.restricted) return one;
  if (!other.restricted) return other;
  return { ...one, algorithms: [...new Set([...one.algorithms, ...other.algorithms])] };
}

function materialOf({ material }: VerificationKey): readonly unknown[] {
  return Object.entries(material).toSorted(([a], [b]) => (a < b ? -1 : 1));
}

/** Whether a key of a set, as it was listed once, counts as a part of this one. */
export function isPartOf(listed: VerificationKey, key: VerificationKey): boolean {
  return (
    listed.kid === key.kid &&
    JSON.stringify(materialOf(listed)) === JSON.stringify(materialOf(key)) &&
    listed.algorithms.some((algorithm) => key.algorithms.includes(algorithm))
  );
}

/** Whether two sets hold the same keys for the same algorithms, in whichever order. */
export function sameKeys(one: readonly VerificationKey[], other: readonly VerificationKey[]): boolean {
  const described = (keys: readonly VerificationKey[]): string =>
    keys
      .map((key) => JSON.stringify([key.kid, key.restricted, key.algorithms.toSorted(), ...materialOf(key)]))
      .toSorted()
      .join();
  return described(one) === described(other);
}

/** The keys as JWKs that readKeySet reads back as they are, for a cache. */
export function toJwks(keys: readonly VerificationKey[]): JsonObject[] {
  return keys.flatMap((key) =>
    shownKeys(key).map(({ kid, alg }) => ({ ...key.material, ...(kid && { kid }), ...(alg && { alg }) })),
  );
}

/** The usable keys of a set given by hand: as they are shown, and what tells each from any other. None of a set at fault. */
export function readLocalKeys(
  jwks: JsonObject,
  jwtSvid: boolean,
): { readonly keys: ReturnType<typeof shownKeys>; readonly ids: readonly string[] } {
  const read = readKeySet(jwks, jwtSvid);
  const keys = read.ok ? read.value : [];
  // The kid is a name and not the key: two clusters may call different keys the same.
  return { keys: keys.flatMap(shownKeys), ids: keys.map((key) => Object.values(key.material).join(' ')) };
}

/** What is wrong with keys given by hand, as phrases; empty if nothing is (contract §5.1). */
export function validateLocalJwks(jwks: JsonObject, jwtSvid: boolean): readonly string[] {
  const read = readKeySet(jwks, jwtSvid);
  return read.ok ? [] : [`cannot be used: ${read.error}`];
}
