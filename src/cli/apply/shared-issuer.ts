// Tells whether two providers may have one issuer: both have keys given by hand, and none in common (contract §5.1).

import type { JsonValue } from '../../token/json.ts';
import { isJsonObject } from '../../token/json.ts';

type Keyed = Readonly<Record<string, unknown>>;

/** The public members that make a key what it is, whatever its kid says (RFC 7638 §3.2). */
const MATERIAL = ['kty', 'crv', 'n', 'e', 'x', 'y'];

/** True if the keys tell tokens of the two providers apart; otherwise an organisation has only one of them. */
export function mayShareIssuer(one: Keyed, other: Keyed): boolean {
  const [keys, others] = [localKeys(one), localKeys(other)];
  return keys !== null && others !== null && !keys.some((key) => others.includes(key));
}

function localKeys(provider: Keyed): readonly string[] | null {
  const set = provider['localJwks'];
  const keys: JsonValue | undefined = isJsonObject(set) ? set['keys'] : null;
  if (!Array.isArray(keys)) return null;
  return keys.map((key) =>
    JSON.stringify(MATERIAL.map((member) => (isJsonObject(key) ? (key[member] ?? null) : null))),
  );
}
