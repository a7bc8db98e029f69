// Makes the private JWK Set that SIGNING_KEYS holds, as the command line does. The only file of scripts/ that makes keys; it keeps none.

import { generateSigningKeys as generateKeys } from '../../src/cli/keys/generate.ts';
import type { SigningAlgorithm } from '../../src/cli/keys/algorithms.ts';

/** A private JWK Set with one fresh key for each algorithm, its `kid` the key's thumbprint (RFC 7638). RSA keys have 2048 bits. */
export async function generateSigningKeys(algorithms: readonly SigningAlgorithm[]): Promise<string> {
  return JSON.stringify({ keys: await generateKeys(algorithms) });
}
