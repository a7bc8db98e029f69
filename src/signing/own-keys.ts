// Which of our keys signs, and which are published: the bundle of the secret joined with the life that D1 records.

import { importJWK, CompactSign, compactVerify } from 'jose';
import type { CryptoKey, JWK } from 'jose';
import type { SigningAlgorithm } from '../objects/signing-key.ts';
import type { SigningKeyState } from '../exchange/ports.ts';
import { ok, refuse } from '../exchange/result.ts';
import type { Result } from '../exchange/result.ts';
import type { BundleKey, SigningBundle } from './bundle.ts';

/** A key ready to sign with. */
export interface Signer {
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  readonly key: CryptoKey;
}

/** Signers in the order of the bundle, each proven to match its public half. */
export type Signers = readonly Signer[];

/**
 * Imports every key of the bundle and proves with one signature that its private and public halves belong together.
 * A bundle with one bad key is refused whole: nothing is signed with a partial configuration.
 */
export async function loadSigners(bundle: SigningBundle): Promise<Result<Signers, string[]>> {
  const loaded = await Promise.all(bundle.map(loadSigner));
  const faults = loaded.flatMap((result) => (result.ok ? [] : [result.error]));
  if (faults.length > 0) return refuse(faults);
  return ok(loaded.flatMap((result) => (result.ok ? [result.value] : [])));
}

async function loadSigner({ kid, alg, privateJwk, publicJwk }: BundleKey): Promise<Result<Signer, string>> {
  try {
    const [key, publicKey] = await Promise.all([importJWK(privateJwk, alg), importJWK(publicJwk, alg)]);
    if (key instanceof Uint8Array || publicKey instanceof Uint8Array) throw new Error('symmetric');
    const probe = await new CompactSign(new TextEncoder().encode(kid)).setProtectedHeader({ alg }).sign(key);
    await compactVerify(probe, publicKey, { algorithms: [alg] });
    return ok({ kid, alg, key });
  } catch {
    return refuse(`SIGNING_KEYS key ${kid} cannot be used: its members do not form one ${alg} key`);
  }
}

export type TokenPurpose = 'access_token' | 'id_token';

/** Access tokens are small and often signed: ES256. Clouds all accept RS256 ID tokens. */
const PREFERRED_ALGORITHM: Record<TokenPurpose, SigningAlgorithm> = { access_token: 'ES256', id_token: 'RS256' };

/** The algorithm a purpose is signed with: the preferred one if there is such a key, else that of the first key. */
function algorithmFor(keys: readonly KeyName[], purpose: TokenPurpose): SigningAlgorithm | undefined {
  const preferred = PREFERRED_ALGORITHM[purpose];
  return keys.some((key) => key.alg === preferred) ? preferred : keys[0]?.alg;
}

/** The algorithms that ID tokens and access tokens are signed with, the ID token's first. */
export function signingAlgorithms(bundle: SigningBundle): readonly SigningAlgorithm[] {
  const purposes = [algorithmFor(bundle, 'id_token'), algorithmFor(bundle, 'access_token')];
  return [...new Set(purposes.filter((alg) => alg !== undefined))];
}

type KeyName = Pick<BundleKey, 'kid' | 'alg'>;

/** The key that signs for a purpose now; the refusal is a sentence for the operator. */
export function signingKeyFor<Key extends KeyName>(
  keys: readonly Key[],
  states: readonly SigningKeyState[],
  purpose: TokenPurpose,
): Result<Key, string> {
  const alg = algorithmFor(keys, purpose);
  const active = states.find((state) => state.alg === alg && state.status === 'active');
  if (active === undefined) return refuse(`no ${alg} signing key is active`);
  const key = keys.find((candidate) => candidate.kid === active.kid && candidate.alg === active.alg);
  if (key === undefined) {
    return refuse(
      `signing key ${active.kid} (${active.alg}) is active but missing from SIGNING_KEYS: put it back, or make a standby key active with an emergency rotation`,
    );
  }
  return ok(key);
}

/** Keys of the bundle that D1 does not know yet. */
export function unregisteredKeys(bundle: SigningBundle, states: readonly SigningKeyState[]): BundleKey[] {
  return bundle.filter((key) => !states.some((state) => state.kid === key.kid));
}

/** The public keys to publish: all of the bundle but revoked ones and those whose last token has expired. */
export function publishedKeys(bundle: SigningBundle, states: readonly SigningKeyState[], now: number): JWK[] {
  return bundle
    .filter((key) => states.some((state) => state.kid === key.kid && isPublished(state, now)))
    .map((key) => key.publicJwk);
}

/** True while verifiers must know the key. */
function isPublished(state: SigningKeyState, now: number): boolean {
  if (state.status === 'retiring') return state.expiresAt === null || state.expiresAt > now;
  return state.status !== 'revoked';
}

/** Faults between the secret and D1 that an operator must mend, for `/readyz`. */
export function keyFaults(keys: readonly KeyName[], states: readonly SigningKeyState[]): string[] {
  const faults = keys
    .filter((key) => states.some((state) => state.kid === key.kid && state.alg !== key.alg))
    .map((key) => `signing key ${key.kid} changed its alg; give the new key a new kid`);
  for (const purpose of ['access_token', 'id_token'] as const) {
    const key = signingKeyFor(keys, states, purpose);
    if (!key.ok && !faults.includes(key.error)) faults.push(key.error);
  }
  return faults;
}
