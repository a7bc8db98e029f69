// Makes the private JWK Set that SIGNING_KEYS holds. The only file of scripts/ that makes keys; it keeps none.

import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose';

export type SigningAlgorithm = 'ES256' | 'RS256' | 'EdDSA';

/** A private JWK Set with one fresh key for each algorithm, its `kid` the key's thumbprint (RFC 7638). RSA keys have 2048 bits. */
export async function generateSigningKeys(algorithms: readonly SigningAlgorithm[]): Promise<string> {
  const keys = await Promise.all(
    algorithms.map(async (alg) => {
      // WebCrypto through jose: Node's own generateKeyPairSync with JWK export can hang (measured on 20.20).
      const { privateKey } = await generateKeyPair(alg, { extractable: true, modulusLength: 2048 });
      const jwk = await exportJWK(privateKey);
      return { ...jwk, kid: await calculateJwkThumbprint(jwk), alg, use: 'sig' };
    }),
  );
  return JSON.stringify({ keys });
}
