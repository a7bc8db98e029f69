// Signing keys for the secret of a deployment under test; made for each run, so that none is ever committed.

import { exportJWK, generateKeyPair } from 'jose';

export type PrivateKey = Record<string, unknown>;

/** A new private JWK as SIGNING_KEYS holds it. */
export async function newKey(alg: 'ES256' | 'RS256' | 'EdDSA', kid: string): Promise<PrivateKey> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  return { ...(await exportJWK(privateKey)), kid, alg };
}

/** The text of a secret with these keys. */
export function bundleOf(...keys: PrivateKey[]): string {
  return JSON.stringify({ keys });
}

/** A key without one of its members. */
export function without(key: PrivateKey, member: string): PrivateKey {
  return Object.fromEntries(Object.entries(key).filter(([name]) => name !== member));
}
