// Reads private JWKs of our own, those of the secrets above all; no log line, error text or plain column ever holds their content.

import type { JWK } from 'jose';
import { isJsonObject } from '../token/json.ts';
import { MAX_SIGNING_KID_CHARS } from '../objects/limits.ts';
import { MIN_RSA_BITS } from '../token/limits.ts';
import { SIGNING_ALGORITHMS } from '../objects/signing-key.ts';
import type { SigningAlgorithm } from '../objects/signing-key.ts';
import { ok, refuse } from '../exchange/result.ts';
import type { Result } from '../exchange/result.ts';

/** One key of our own with its material. */
export interface OwnKey {
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  /** What the JWKS shows: `kty`, the public members, `kid`, `alg`, `use` (RFC 7517 §4). */
  readonly publicJwk: JWK;
  readonly privateJwk: JWK;
}

/** The secrets that may hold a private JWK Set; the second one adds keys without touching the first. */
export type BundleSecret = 'SIGNING_KEYS' | 'SIGNING_KEYS_NEXT';

/** A key of a secret. */
export interface BundleKey extends OwnKey {
  readonly secret: BundleSecret;
}

/** The keys of the secrets, in their order. */
export type SigningBundle = readonly BundleKey[];

const KEY_SHAPES: Record<SigningAlgorithm, { kty: string; crv?: string; public: string[]; private: string[] }> = {
  ES256: { kty: 'EC', crv: 'P-256', public: ['crv', 'x', 'y'], private: ['d'] },
  EdDSA: { kty: 'OKP', crv: 'Ed25519', public: ['crv', 'x'], private: ['d'] },
  RS256: { kty: 'RSA', public: ['n', 'e'], private: ['d', 'p', 'q', 'dp', 'dq', 'qi'] },
};

/**
 * Parses a secret: a private JWK Set (RFC 7517 §5) whose every key has `kid` and `alg`.
 * All faults are returned at once; none of them names or quotes the secret.
 */
export function parseSigningKeys(text: string, secret: BundleSecret): Result<SigningBundle, string[]> {
  let set: unknown;
  try {
    set = JSON.parse(text);
  } catch {
    return refuse(['is not JSON; it must be a private JWK Set: {"keys":[…]}']);
  }
  const entries = isJsonObject(set) ? set['keys'] : undefined;
  if (!Array.isArray(entries) || entries.length === 0) {
    return refuse(['must be a private JWK Set with at least one key: {"keys":[…]}']);
  }
  const faults: string[] = [];
  const keys: BundleKey[] = [];
  for (const [index, entry] of entries.entries()) {
    const key = parseKey(entry, `key ${index + 1}`);
    if (!key.ok) faults.push(key.error);
    else if (keys.some((other) => other.kid === key.value.kid)) faults.push(`key ${index + 1} repeats a kid`);
    else keys.push({ ...key.value, secret });
  }
  return faults.length > 0 ? refuse(faults) : ok(keys);
}

/**
 * Joins the keys of the second secret with those of the first. A key that stands in both belongs to the first;
 * different keys under one kid are a fault.
 */
export function joinBundles(first: SigningBundle, second: SigningBundle): Result<SigningBundle, string[]> {
  const isIn = (key: OwnKey): OwnKey | undefined => first.find(({ kid }) => kid === key.kid);
  const faults = second.flatMap((key) => {
    const same = isIn(key);
    return same === undefined || JSON.stringify(same.publicJwk) === JSON.stringify(key.publicJwk)
      ? []
      : [`has another key under the kid ${key.kid} of SIGNING_KEYS; give it a kid of its own`];
  });
  return faults.length > 0 ? refuse(faults) : ok([...first, ...second.filter((key) => isIn(key) === undefined)]);
}

/** Reads one private JWK; the refusal is a sentence that begins with `place`. */
export function parseKey(entry: unknown, place: string): Result<OwnKey, string> {
  if (!isJsonObject(entry)) return refuse(`${place} is not an object`);
  const { kid, alg, use } = entry as { kid?: unknown; alg?: unknown; use?: unknown };
  if (typeof kid !== 'string' || kid.length > MAX_SIGNING_KID_CHARS || !/^[\x21-\x7e]+$/.test(kid)) {
    return refuse(`${place} needs a kid of 1 to ${MAX_SIGNING_KID_CHARS} visible ASCII characters`);
  }
  const algorithm = SIGNING_ALGORITHMS.find((known) => known === alg);
  if (algorithm === undefined) return refuse(`${place} needs alg to be one of ${SIGNING_ALGORITHMS.join(', ')}`);
  if (use !== undefined && use !== 'sig') return refuse(`${place} has a use other than sig`);
  const shape = KEY_SHAPES[algorithm];
  if (entry['kty'] !== shape.kty || (shape.crv !== undefined && entry['crv'] !== shape.crv)) {
    return refuse(`${place} has a kty or crv that does not fit its alg ${algorithm}`);
  }
  const members = [...shape.public, ...shape.private];
  const missing = members.filter((member) => typeof entry[member] !== 'string' || entry[member] === '');
  if (missing.length > 0) return refuse(`${place} lacks ${missing.join(', ')}; it must be a whole private key`);
  if (algorithm === 'RS256' && rsaBits(String(entry['n'])) < MIN_RSA_BITS) {
    return refuse(`${place} is an RSA key below ${MIN_RSA_BITS} bits`);
  }
  const pick = (names: string[]): JWK =>
    Object.fromEntries([['kty', shape.kty], ...names.map((name): [string, unknown] => [name, entry[name]])]);
  const head = { kid, alg: algorithm, use: 'sig' };
  return ok({
    kid,
    alg: algorithm,
    publicJwk: { ...pick(shape.public), ...head },
    privateJwk: { ...pick(members), ...head },
  });
}

function rsaBits(modulus: string): number {
  return Math.floor((modulus.replace(/^A+/, '').length * 6) / 8) * 8;
}
