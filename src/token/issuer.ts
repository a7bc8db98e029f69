// Which issuer a token is of: its `iss`, or the trust domain of a SPIFFE ID.

import { denial } from '../exchange/denial.ts';
import type { StatedDenial } from '../exchange/denial.ts';
import type { JsonObject } from './json.ts';
import { MAX_TOKEN_ISSUER_CHARS } from './limits.ts';
import { ok, refuse } from '../exchange/result.ts';
import type { Result } from '../exchange/result.ts';

/** SPIFFE-ID §2.1: lower-case letters, digits, dots, dashes and underscores. */
const SPIFFE_TRUST_DOMAIN = /^spiffe:\/\/([a-z0-9._-]{1,255})(?:\/|$)/;

/**
 * The issuer by which a token's provider is looked up: its `iss`, byte for byte, or without `iss` the trust domain of a
 * `spiffe://` subject. Refuses with `issuer_missing`.
 */
export function lookupIssuer(claims: JsonObject): Result<string, StatedDenial> {
  if (Object.hasOwn(claims, 'iss')) {
    const { iss } = claims;
    if (typeof iss === 'string' && iss !== '' && iss.length <= MAX_TOKEN_ISSUER_CHARS) return ok(iss);
    return missing('the issuer of the token (iss) is not a non-empty string of a sensible length');
  }
  const { sub } = claims;
  const trustDomain = typeof sub === 'string' && sub.length <= MAX_TOKEN_ISSUER_CHARS ? trustDomainOf(sub) : null;
  return trustDomain === null ? missing('the token names no issuer (iss)') : ok(trustDomain);
}

/** `spiffe://trust.domain` of a SPIFFE ID; null for anything else. */
export function trustDomainOf(spiffeId: string): string | null {
  const [, trustDomain] = SPIFFE_TRUST_DOMAIN.exec(spiffeId) ?? [];
  return trustDomain === undefined ? null : `spiffe://${trustDomain}`;
}

function missing(message: string): { readonly ok: false; readonly error: StatedDenial } {
  return refuse(denial('issuer_missing', message));
}
