// Reads a JWK Set that others wrote down to the keys that may verify (RFC 7517 §5, contract §6); decides nothing about freshness.

import { isJsonObject } from '../token/json.ts';
import type { JsonObject, JsonValue } from '../token/json.ts';
import { MAX_JWKS_KEYS } from './limits.ts';
import { ok, refuse } from '../exchange/result.ts';
import type { Result } from '../exchange/result.ts';
import { privateMemberOf, readVerificationKey } from './verification-key.ts';
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
  const distinct = withoutAmbiguousIds(keys);
  if (distinct.length > 0) return ok(distinct);
  if (members.length === 0) return refuse('it has no keys');
  if (keys.length > 0) skipped.add('another key has the same kid');
  return refuse(`none of its keys is usable: ${[...skipped].join('; ')}`);
}

/** One key listed twice is one key; of two different keys under one `kid` neither is used, since either could be meant. */
function withoutAmbiguousIds(keys: readonly VerificationKey[]): readonly VerificationKey[] {
  const first = new Map<string, VerificationKey>();
  const ambiguous = new Set<string>();
  const unnamed: VerificationKey[] = [];
  for (const key of keys) {
    if (key.kid === null) {
      unnamed.push(key);
      continue;
    }
    const other = first.get(key.kid);
    if (other === undefined) first.set(key.kid, key);
    else if (identityOf(other) !== identityOf(key)) ambiguous.add(key.kid);
  }
  return [...[...first.values()].filter(({ kid }) => !ambiguous.has(kid ?? '')), ...unnamed];
}

function identityOf({ alg, material }: VerificationKey): string {
  return JSON.stringify([alg, ...Object.entries(material).sort(([a], [b]) => (a < b ? -1 : 1))]);
}

/** Whether two sets hold the same keys, in whichever order. */
export function sameKeys(one: readonly VerificationKey[], other: readonly VerificationKey[]): boolean {
  const listed = (keys: readonly VerificationKey[]): string =>
    keys
      .map((key) => JSON.stringify([key.kid, identityOf(key)]))
      .toSorted()
      .join();
  return listed(one) === listed(other);
}

/** What is wrong with keys given by hand, as phrases; empty where nothing is (contract §5.1). */
export function validateLocalJwks(jwks: JsonObject, jwtSvid: boolean): readonly string[] {
  const read = readKeySet(jwks, jwtSvid);
  return read.ok ? [] : [`cannot be used: ${read.error}`];
}
