// Unverified and verified tokens as different types; the brand of VerifiedClaims is applied in issuers/verify-subject-token.ts alone.

import type { JsonObject } from './json.ts';

/** A token that was decoded but not believed: enough to find its provider, never enough to grant. */
export interface UnverifiedToken {
  /** The compact serialization. Never log it, never key anything on it: two strings can be one valid token. */
  readonly compact: string;
  readonly header: JoseHeader;
  readonly claims: JsonObject;
}

export interface JoseHeader {
  readonly alg: string;
  readonly kid: string | null;
  readonly typ: string | null;
}

declare const verified: unique symbol;

/** The claims of a token whose signature, type and times were checked with its provider's keys. */
export interface VerifiedClaims {
  readonly [verified]: true;
  readonly claims: JsonObject;
  /** The provider's issuer; a SPIFFE token may have no `iss` of its own. */
  readonly issuer: string;
  /** The value of the provider's `subjectClaim`; never empty. */
  readonly subject: string;
  /** NumericDate. */
  readonly expiresAt: number;
  /** NumericDate; if the token has no `iat`, the earliest at which its provider's `maxTokenLifetime` lets it have been issued. */
  readonly issuedAt: number;
  /** What single use is remembered by: the `jti`, or a hash of the header and payload if there is none. It is worked out on demand. */
  readonly replayKey: () => Promise<string>;
}
