// What is published of our own keys, and what an operator must mend of them; loaded with the JWK Set and with readiness.

import type { JWK } from 'jose';
import type { KeyMeans, KeysNow } from '../objects/key-rotation.ts';
import { isSigningAlgorithm } from '../objects/signing-key.ts';
import type { SigningKeyState } from '../exchange/ports.ts';
import type { OwnKey } from './bundle.ts';
import { signingKeyFor } from './own-keys.ts';

/** What an operator must mend, by the secret that it is about. */
export interface KeyFindings {
  readonly setting: 'SIGNING_KEYS' | 'SEALING_KEY';
  readonly faults: readonly string[];
  /** What an operator should know although it signs. */
  readonly warnings?: readonly string[];
}

/** What keeps our keys from signing, for `/readyz`. */
export function examineKeys(keys: KeyMeans, { states, unopened }: KeysNow): KeyFindings {
  const warnings = states
    .filter((state) => state.status !== 'revoked' && !isSigningAlgorithm(state.alg))
    .map(unknownDetail);
  if (unopened.length > 0) return { setting: 'SEALING_KEY', faults: [unopenedDetail(unopened)], warnings };
  return { setting: 'SIGNING_KEYS', faults: keyFaults(keys, states), warnings };
}

function unknownDetail({ kid, alg }: SigningKeyState): string {
  return `signing key ${kid} is of the algorithm ${alg}, which this release does not know, so it neither signs nor is published: an emergency rotation of this kid takes it out`;
}

/** What to do about sealed keys that SEALING_KEY does not open. */
export function unopenedDetail(kids: readonly string[]): string {
  return `SEALING_KEY does not open the signing ${kids.length === 1 ? 'key' : 'keys'} ${kids.join(', ')}, so nothing is signed: put back the value that sealed them; if it is lost, an emergency rotation makes new keys under this one and ends all tokens of before`;
}

/** The public keys to publish: all but revoked ones and those whose last token has expired. */
export function publishedKeys(keys: readonly OwnKey[], states: readonly SigningKeyState[], now: number): JWK[] {
  return keys
    .filter((key) => states.some((state) => state.kid === key.kid && isPublished(state, now)))
    .map((key) => key.publicJwk);
}

/** True while verifiers must know the key. */
export function isPublished(state: SigningKeyState, now: number): boolean {
  if (state.status === 'retiring') return state.expiresAt === null || state.expiresAt > now;
  return state.status !== 'revoked';
}

/** Faults between the secrets and D1 that an operator must mend. */
function keyFaults(keys: KeyMeans, states: readonly SigningKeyState[]): string[] {
  const faults = keys.bundle
    .filter((key) => states.some((state) => state.kid === key.kid && state.alg !== key.alg))
    .map((key) => `signing key ${key.kid} changed its alg; give the new key a new kid`);
  for (const purpose of ['access_token', 'id_token'] as const) {
    const key = signingKeyFor(keys, states, purpose);
    if (!key.ok && !faults.includes(key.error)) faults.push(key.error);
  }
  return faults;
}
