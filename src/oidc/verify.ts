// Verifies a subject token with its provider's keys and times (contract §3 step 4, RFC 8725 §3); the only maker of VerifiedClaims.

import type { VerifySubjectToken } from '../core/ports.ts';
import type { KeyDeps } from './keys.ts';

/** Makes the verifier that an exchange uses; everything of the outside comes through `deps`. */
export function createVerifier(deps: KeyDeps): VerifySubjectToken {
  return () => Promise.reject(new Error(`not built yet ${deps.allowLoopback}`));
}
