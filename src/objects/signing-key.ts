// Our own signing keys as the API answers them, and what a rotation is asked with (contract §5.8); never key material.

import type { RotationMode } from './key-rotation.ts';
import { SIGNING_ALGORITHMS } from './model.ts';
import type { SigningAlgorithm } from './model.ts';
import type { ObjectContract } from './object.ts';
import { MAX_SIGNING_KID_CHARS } from './limits.ts';
import { line, oneOf } from './values.ts';

export const SIGNING_KEY_STATUSES = ['standby', 'active', 'retiring', 'revoked'] as const;
export const ROTATION_MODES = ['graceful', 'emergency'] as const;

export interface RotationInput {
  readonly mode?: RotationMode;
  readonly alg?: SigningAlgorithm;
  readonly kid?: string;
}

/** What the API answers; times are RFC 3339 in UTC, null where they have not come. */
export interface SigningKeyView {
  readonly kid: string;
  readonly alg: string;
  readonly status: (typeof SIGNING_KEY_STATUSES)[number];
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

export const rotationContract: ObjectContract<RotationInput> = {
  members: { mode: oneOf(ROTATION_MODES), alg: oneOf(SIGNING_ALGORITHMS), kid: line(1, MAX_SIGNING_KID_CHARS) },
  required: [],
  immutable: [],
  nullIsAbsent: [],
  nullClears: [],
  readOnly: [],
};
