// Which of our keys takes over in a rotation (contract §5.8), decided from the bundle's kids and the keys' states; pure.

import type { ChangeEvent } from './storage.ts';
import { KEY_PUBLICATION_SECONDS } from './limits.ts';
import type { SigningKeyState } from '../exchange/ports.ts';
import { ok, refuse } from '../exchange/result.ts';
import type { Result } from '../exchange/result.ts';

export type RotationMode = 'graceful' | 'emergency';

/** One step in the life of two keys: `next` starts to sign, `previous` stops. */
export interface Rotation {
  readonly alg: string;
  readonly mode: RotationMode;
  readonly next: SigningKeyState;
  /** Null where no key of the algorithm was active. */
  readonly previous: SigningKeyState | null;
}

/** What a rotation needs to know of a key in SIGNING_KEYS. */
export interface BundledKey {
  readonly kid: string;
  readonly alg: string;
}

/** Our own keys as the API manages them. Times are epoch seconds; every function throws StorageUnavailable. */
export interface SigningKeyPort {
  /** The keys in SIGNING_KEYS. */
  readonly bundle: readonly BundledKey[];
  /** The states of all keys, those that are new in the bundle recorded first. */
  readonly read: (now: number) => Promise<readonly SigningKeyState[]>;
  /** Carries a rotation out with its event in one atomic write; null, and nothing written, where the keys have changed since. */
  readonly rotate: (rotation: Rotation, event: ChangeEvent, now: number) => Promise<readonly SigningKeyState[] | null>;
}

/**
 * Decides a rotation: of `alg`, or of the only algorithm with a standby key in the bundle. The standby key that has been
 * published longest takes over; a graceful one must have been for as long as verifiers cache the JWKS. The refusal is a
 * sentence that says what to do.
 */
export function planRotation(
  states: readonly SigningKeyState[],
  bundle: readonly BundledKey[],
  request: { readonly mode: RotationMode; readonly alg: string | null },
  now: number,
): Result<Rotation, string> {
  const { mode } = request;
  const standby = states.filter(
    (state) => state.status === 'standby' && (request.alg === null || state.alg === request.alg),
  );
  const usable = standby.filter((state) => bundle.some(({ kid, alg }) => kid === state.kid && alg === state.alg));
  const algorithms = [...new Set(usable.map(({ alg }) => alg))];
  const [alg] = algorithms;
  if (alg === undefined) return refuse(noStandby(standby, request.alg));
  if (algorithms.length > 1) {
    return refuse(`there are standby keys for ${algorithms.join(' and ')}: name one of them as alg`);
  }
  const next = usable.reduce((oldest, state) => (state.publishedAt < oldest.publishedAt ? state : oldest));
  const waitSeconds = Math.ceil(next.publishedAt + KEY_PUBLICATION_SECONDS - now);
  if (mode === 'graceful' && waitSeconds > 0) {
    return refuse(
      `the standby key ${next.kid} has been published for less than ${KEY_PUBLICATION_SECONDS} seconds, so verifiers may not know it yet: try again in ${waitSeconds} seconds, or rotate with mode emergency`,
    );
  }
  const previous = states.find((state) => state.alg === alg && state.status === 'active') ?? null;
  return ok({ alg, mode, next, previous });
}

function noStandby(missing: readonly SigningKeyState[], alg: string | null): string {
  const [left] = missing;
  if (left !== undefined) {
    return `the standby key ${left.kid} (${left.alg}) is not in SIGNING_KEYS: put it back, or add another ${left.alg} key after those that are there`;
  }
  const which = alg === null ? 'a second key of the algorithm to rotate' : `another ${alg} key`;
  return `there is no standby key${alg === null ? '' : ` for ${alg}`}: add ${which} to SIGNING_KEYS, with a new kid and without removing the one that signs now, and wait ${KEY_PUBLICATION_SECONDS} seconds`;
}
