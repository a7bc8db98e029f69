// SPIFFE: asks nobody, since a trust domain has no discovery document; says so if nobody gave its keys.

import { PlatformFailure } from '../failure.ts';
import { NOTHING_FOUND } from '../look-up.ts';
import type { LookUpAnswer, LookUpQuestion } from '../look-up.ts';

/** Nothing; refuses if neither the keys nor their address were given. */
export function lookUp({ variables, hasKeys }: LookUpQuestion): Promise<LookUpAnswer> {
  if (!hasKeys && !variables.has('jwks-uri')) {
    throw new PlatformFailure(
      'A trust domain has no discovery document: where are its keys?',
      'Give --jwks-uri or --jwks FILE.',
    );
  }
  return Promise.resolve(NOTHING_FOUND);
}
