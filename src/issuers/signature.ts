// Checks a signature with the key that the token names, in exactly one algorithm (RFC 8725 §3.1, §3.2); believes no claim.

import * as errors from 'jose/errors';
import { compactVerify } from 'jose/jws/compact/verify';
import { importJWK } from 'jose/key/import';
import type { CryptoKey } from 'jose';

import type { UnverifiedToken } from '../token/claims.ts';
import { MAX_KEYS_WITHOUT_KID } from './limits.ts';
import type { Algorithm } from '../objects/identity-provider.ts';
import type { VerificationKey } from './verification-key.ts';

export type SignatureCheck =
  | { readonly outcome: 'verified' }
  /** No key has the `kid`, or for a token without one no key of a fitting type is there. */
  | { readonly outcome: 'unknown_key' }
  | { readonly outcome: 'bad_signature' }
  /** The key is of another type or curve, or for another algorithm. */
  | { readonly outcome: 'key_not_usable' }
  /** The issuer published something that is no key, such as a point off its curve. */
  | { readonly outcome: 'key_broken'; readonly detail: string };

/** The names of an algorithm that has more than one. */
const NAMES: Partial<Record<Algorithm, string[]>> = { EdDSA: ['EdDSA', 'Ed25519'] };

/** Imported keys by key and algorithm; as results and not as promises, which another request must not await. */
const imported = new WeakMap<VerificationKey, Map<Algorithm, CryptoKey>>();

/** Verifies with the key of the token's `kid`; without one (JWT-SVID alone) with the first few keys that fit. */
export async function checkSignature(
  token: UnverifiedToken,
  algorithm: Algorithm,
  keys: readonly VerificationKey[],
): Promise<SignatureCheck> {
  const { kid } = token.header;
  if (kid !== null) {
    const named = keys.filter((candidate) => candidate.kid === kid);
    if (named.length === 0) return { outcome: 'unknown_key' };
    // The set has at most one key for a kid and an algorithm (jwk-set.ts).
    const key = named.find(({ algorithms }) => algorithms.includes(algorithm));
    return key === undefined ? { outcome: 'key_not_usable' } : verifyWith(key, token, algorithm);
  }
  const fitting = keys.filter((key) => key.algorithms.includes(algorithm)).slice(0, MAX_KEYS_WITHOUT_KID);
  let last: SignatureCheck = { outcome: 'unknown_key' };
  for (const key of fitting) {
    // One after the other: the first that fits ends it, and a token must not buy eight verifications at once.
    last = await verifyWith(key, token, algorithm);
    if (last.outcome === 'verified') return last;
  }
  return last;
}

/** Whether a key is one at all: a point off its curve has all its members and yet verifies nothing. */
export async function canVerify(key: VerificationKey): Promise<boolean> {
  const [algorithm] = key.algorithms;
  if (algorithm === undefined) return false;
  try {
    await importedKey(key, algorithm);
    return true;
  } catch {
    return false;
  }
}

async function verifyWith(key: VerificationKey, token: UnverifiedToken, algorithm: Algorithm): Promise<SignatureCheck> {
  let cryptoKey: CryptoKey;
  try {
    cryptoKey = await importedKey(key, algorithm);
  } catch (error) {
    return {
      outcome: 'key_broken',
      detail: `the key ${key.kid ?? '(without kid)'} cannot be imported: ${String(error)}`,
    };
  }
  try {
    await compactVerify(token.compact, cryptoKey, { algorithms: NAMES[algorithm] ?? [algorithm] });
    return { outcome: 'verified' };
  } catch (error) {
    if (error instanceof errors.JOSEError) return { outcome: 'bad_signature' };
    throw error;
  }
}

async function importedKey(key: VerificationKey, algorithm: Algorithm): Promise<CryptoKey> {
  const known = imported.get(key)?.get(algorithm);
  if (known !== undefined) return known;
  const cryptoKey = await importJWK({ ...key.material }, algorithm);
  if (cryptoKey instanceof Uint8Array) throw new TypeError('a symmetric key');
  const byAlgorithm = imported.get(key) ?? new Map<Algorithm, CryptoKey>();
  imported.set(key, byAlgorithm.set(algorithm, cryptoKey));
  return cryptoKey;
}
