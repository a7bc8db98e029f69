// Signs a grant's claims with one of our keys; decides nothing about them.

import { CompactSign } from 'jose/jws/compact/sign';
import type { JsonObject } from '../token/json.ts';
import type { TokenPurpose, Signer } from './own-keys.ts';

/** `at+jwt` keeps an access token from being taken for an ID token, and the other way round (RFC 9068 §2.1). */
const TYPE: Record<TokenPurpose, string> = { access_token: 'at+jwt', id_token: 'JWT' };

/** Signs the claims; the compact serialization (RFC 7515 §7.1). */
export async function signToken(claims: JsonObject, purpose: TokenPurpose, { kid, alg, key }: Signer): Promise<string> {
  const payload = new TextEncoder().encode(JSON.stringify(claims));
  return new CompactSign(payload).setProtectedHeader({ alg, kid, typ: TYPE[purpose] }).sign(key);
}
