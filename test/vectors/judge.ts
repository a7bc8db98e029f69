// Runs the committed vectors against this service's verification of tokens, the same in Node and in workerd.

import { ACCEPTED_ALGORITHMS } from '../../src/objects/identity-provider.ts';
import { createIssuer } from '../support/issuer.ts';
import type { TestIssuer } from '../support/issuer.ts';
import { createIsolate, outcomeOf, providerFor } from '../support/verifier.ts';
import ecdsa from './ecdsa.json' with { type: 'json' };
import eddsa from './eddsa.json' with { type: 'json' };
import form from './form.json' with { type: 'json' };
import rsaPkcs1 from './rsa-pkcs1.json' with { type: 'json' };
import rsaPss from './rsa-pss.json' with { type: 'json' };
import type { Vector, VectorFile } from './vector.ts';

export const VECTOR_FILES: readonly VectorFile[] = [rsaPkcs1, rsaPss, ecdsa, eddsa, form] as readonly VectorFile[];

/** An issuer for the vectors, and what it judges them as: `verified`, or the reason of the refusal. */
export async function createJudge({
  issuer: url,
  now,
  keys,
}: VectorFile): Promise<(vector: Vector) => Promise<string>> {
  const issuer: TestIssuer = await createIssuer({ issuer: url, kid: 'another' });
  const another = issuer.key.publicJwk;
  const provider = providerFor(issuer, { allowedAlgorithms: ACCEPTED_ALGORITHMS });
  return async ({ token, key }) => {
    // Beside a good key, so that a refused one is missing and not the whole set useless.
    issuer.publish({ ...keys[key] }, another);
    return outcomeOf(await createIsolate(issuer).verify(token, provider, now));
  };
}

/** What a vector may be judged as. */
export function expectedOf({ result, reason }: Vector): readonly string[] {
  return result === 'acceptable' ? ['verified', reason] : [reason];
}
