// Makes the private keys that SIGNING_KEYS holds; keeps and prints none.

import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose';
import type { JWK } from 'jose';

import type { SigningAlgorithm } from './algorithms.ts';

/** One fresh private key for each algorithm, its `kid` the key's thumbprint (RFC 7638). RSA keys have 2048 bits. */
export async function generateSigningKeys(
  algorithms: readonly SigningAlgorithm[],
): Promise<readonly (JWK & { readonly kid: string; readonly alg: string })[]> {
  return await Promise.all(
    algorithms.map(async (alg) => {
      // WebCrypto through jose: Node's own generateKeyPairSync with JWK export can hang (measured on 20.20).
      const { privateKey } = await generateKeyPair(alg, { extractable: true, modulusLength: 2048 });
      const jwk = await exportJWK(privateKey);
      return { ...jwk, kid: await calculateJwkThumbprint(jwk), alg, use: 'sig' };
    }),
  );
}
