// Our own signing keys as the API answers them, and what a rotation is asked with (contract §5.8); never key material.

import type { Members } from './definition.ts';
import { MAX_SIGNING_KID_CHARS } from './limits.ts';
import { line, oneOf } from './rule.ts';

/** What our own keys may be (contract §0). */
export const SIGNING_ALGORITHMS = ['ES256', 'RS256', 'EdDSA'] as const;
export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number];

/** Algorithms that the service makes keys for even if nobody gave it one: ES256 for access tokens, RS256 for clouds. */
export const SEALED_ALGORITHMS: readonly SigningAlgorithm[] = ['ES256', 'RS256'];

/** False of a key that a newer release made, or a hand: this one neither signs with it nor publishes it. */
export function isSigningAlgorithm(alg: string): alg is SigningAlgorithm {
  return SIGNING_ALGORITHMS.some((known) => known === alg);
}

export const SIGNING_KEY_STATUSES = ['standby', 'active', 'retiring', 'revoked'] as const;
export const ROTATION_MODES = ['graceful', 'emergency'] as const;
/** Where the material of a key is: in a secret, or in D1 and encrypted. */
export const SIGNING_KEY_SOURCES = ['bundle', 'sealed'] as const;

/** What a rotation is asked with. */
export const rotationRequest = {
  mode: { is: oneOf(ROTATION_MODES) },
  alg: { is: oneOf(SIGNING_ALGORITHMS) },
  kid: { is: line(1, MAX_SIGNING_KID_CHARS) },
  source: { is: oneOf(['bundle']) },
} as const satisfies Members;

/** What the API answers; times are RFC 3339 in UTC, null if they have not come. */
export interface SigningKeyView {
  readonly kid: string;
  readonly alg: string;
  readonly status: (typeof SIGNING_KEY_STATUSES)[number];
  readonly source: (typeof SIGNING_KEY_SOURCES)[number];
  readonly publishedAt: string;
  readonly activatedAt: string | null;
  readonly retiringAt: string | null;
  /** When a retiring key leaves the JWKS. */
  readonly expiresAt: string | null;
  readonly revokedAt: string | null;
}

/** A key that started to sign, or was taken out, and the one that it follows. */
export interface RotatedKeyView extends SigningKeyView {
  readonly previous: SigningKeyView | null;
}
