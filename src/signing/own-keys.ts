// Which of our keys signs: the keys at hand joined with the life that D1 records of each.

import { CompactSign } from 'jose/jws/compact/sign';
import { compactVerify } from 'jose/jws/compact/verify';
import { importJWK } from 'jose/key/import';
import type { CryptoKey } from 'jose';
import { SEALED_ALGORITHMS } from '../objects/signing-key.ts';
import type { KeyMeans } from '../objects/key-rotation.ts';
import type { SigningAlgorithm } from '../objects/signing-key.ts';
import type { SigningKeyState } from '../exchange/ports.ts';
import { ok, refuse } from '../exchange/result.ts';
import type { Result } from '../exchange/result.ts';
import type { BundleKey, OwnKey, SigningBundle } from './bundle.ts';

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
  const faults = loaded.flatMap((result, place) =>
    result.ok ? [] : [`${bundle[place]?.secret ?? 'SIGNING_KEYS'} ${result.error}`],
  );
  if (faults.length > 0) return refuse(faults);
  return ok(loaded.flatMap((result) => (result.ok ? [result.value] : [])));
}

/** Imports one key and proves with one signature that its halves belong together. */
export async function loadSigner({ kid, alg, privateJwk, publicJwk }: OwnKey): Promise<Result<Signer, string>> {
  try {
    const [key, publicKey] = await Promise.all([importJWK(privateJwk, alg), importJWK(publicJwk, alg)]);
    if (key instanceof Uint8Array || publicKey instanceof Uint8Array) throw new Error('symmetric');
    const probe = await new CompactSign(new TextEncoder().encode(kid)).setProtectedHeader({ alg }).sign(key);
    await compactVerify(probe, publicKey, { algorithms: [alg] });
    return ok({ kid, alg, key });
  } catch {
    return refuse(`key ${kid} cannot be used: its members do not form one ${alg} key`);
  }
}

export type TokenPurpose = 'access_token' | 'id_token';

/** Access tokens are small and often signed: ES256. Clouds all accept RS256 ID tokens. */
const PREFERRED_ALGORITHM: Record<TokenPurpose, SigningAlgorithm> = { access_token: 'ES256', id_token: 'RS256' };

/** What our own keys come from. */
export interface KeySources {
  readonly bundle: SigningBundle;
  readonly sealingKey: Uint8Array<ArrayBuffer> | null;
}

type KeyName = Pick<OwnKey, 'kid' | 'alg'>;

/** What there is to sign with by the settings. */
export function keysAtHand({ bundle, sealingKey }: KeySources): KeyMeans {
  return { bundle, seals: sealingKey !== null };
}

/**
 * The algorithm a purpose is signed with: the preferred one if there is such a key, else that of the first key. The keys of the
 * secrets come first: a sealing key that is set beside them changes nothing until they have been rotated away.
 */
export function algorithmFor(
  { bundle, seals }: KeyMeans,
  states: readonly SigningKeyState[],
  purpose: TokenPurpose,
): SigningAlgorithm | undefined {
  const isOver = ({ kid }: KeyName): boolean =>
    states.some((state) => state.kid === kid && (state.status === 'revoked' || state.status === 'retiring'));
  const preferred = PREFERRED_ALGORITHM[purpose];
  if (seals && bundle.every(isOver)) return preferred;
  return bundle.some((key) => key.alg === preferred) ? preferred : bundle[0]?.alg;
}

/** The algorithms that ID tokens and access tokens are signed with, now or after a rotation, the ID token's first. */
export function signingAlgorithms(keys: KeyMeans): readonly SigningAlgorithm[] {
  const ofBundle = (['id_token', 'access_token'] as const).map((purpose) =>
    keys.bundle.length === 0 ? undefined : algorithmFor(keys, [], purpose),
  );
  return [
    ...new Set([...ofBundle.filter((alg) => alg !== undefined), ...(keys.seals ? SEALED_ALGORITHMS.toReversed() : [])]),
  ];
}

/** The key that signs for a purpose now; the refusal is a sentence for the operator. */
export function signingKeyFor(
  keys: KeyMeans,
  states: readonly SigningKeyState[],
  purpose: TokenPurpose,
): Result<SigningKeyState, string> {
  const alg = algorithmFor(keys, states, purpose);
  const active = states.find((state) => state.alg === alg && state.status === 'active');
  if (active === undefined) return refuse(`no ${alg} signing key is active`);
  const named = `signing key ${active.kid} (${active.alg}) is active`;
  if (active.source === 'sealed') {
    return keys.seals
      ? ok(active)
      : refuse(`${named} and sealed, but SEALING_KEY is not set: put it back, or ${replaceIt}`);
  }
  return keys.bundle.some((key) => key.kid === active.kid && key.alg === active.alg)
    ? ok(active)
    : refuse(`${named} but missing from SIGNING_KEYS: put it back, or ${replaceIt}`);
}

const replaceIt = 'make a standby key active with an emergency rotation';

/** Keys of the bundle that D1 does not know yet. */
export function unregisteredKeys(bundle: SigningBundle, states: readonly SigningKeyState[]): BundleKey[] {
  return bundle.filter((key) => !states.some((state) => state.kid === key.kid));
}
