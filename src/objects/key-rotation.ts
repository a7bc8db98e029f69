// Which of our keys takes over in a rotation (contract §5.8), decided from the bundle's kids and the keys' states; pure.

import type { ChangeEvent } from './storage.ts';
import { KEY_PUBLICATION_SECONDS } from './limits.ts';
import type { SigningKeyState } from '../exchange/ports.ts';
import { ok, refuse } from '../exchange/result.ts';
import type { Result } from '../exchange/result.ts';

export type RotationMode = 'graceful' | 'emergency';

/** What happens to the keys of one algorithm: `next` starts to sign, `previous` stops or is taken out. */
export interface KeyChange {
  readonly alg: string;
  /** Null if a key is only taken out, which did not sign. */
  readonly next: SigningKeyState | null;
  /** Null if no key of the algorithm was active. */
  readonly previous: SigningKeyState | null;
}

/** One rotation, which happens as a whole or not at all. */
export interface Rotation {
  readonly mode: RotationMode;
  /** At least one. */
  readonly changes: readonly KeyChange[];
  /** Algorithms that were not asked for by name and cannot be rotated now, and what to do about each. */
  readonly skipped: readonly SkippedAlgorithm[];
}

export interface SkippedAlgorithm {
  readonly alg: string;
  readonly detail: string;
}

/** What a rotation is asked for. */
export interface RotationRequest {
  readonly mode: RotationMode;
  /** Null means every algorithm that can be rotated. */
  readonly alg: string | null;
  /** The one key to replace; null means the active ones. */
  readonly kid: string | null;
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
  /** Carries out a rotation with an event for each change, in one atomic write; null, and nothing written, if the keys have changed since. */
  readonly rotate: (
    rotation: Rotation,
    events: readonly ChangeEvent[],
    now: number,
  ) => Promise<readonly SigningKeyState[] | null>;
}

/** Decides a rotation at `now` (epoch seconds). The refusal is a sentence that says what to do in this mode. */
export function planRotation(
  states: readonly SigningKeyState[],
  bundle: readonly BundledKey[],
  request: RotationRequest,
  now: number,
): Result<Rotation, string> {
  const { mode, kid } = request;
  const named = kid === null ? null : states.find((state) => state.kid === kid);
  if (named === undefined) return refuse(`there is no signing key ${kid ?? ''}`);
  if (named !== null && request.alg !== null && named.alg !== request.alg) {
    return refuse(`the signing key ${named.kid} is for ${named.alg}, not for ${request.alg}`);
  }
  if (named?.status === 'revoked') return refuse(`the signing key ${named.kid} is revoked already`);
  if (named?.status === 'standby' || named?.status === 'retiring') {
    return ok({ mode, changes: [{ alg: named.alg, next: null, previous: named }], skipped: [] });
  }
  const alg = named?.alg ?? request.alg;
  const algorithms = alg === null ? [...new Set(states.map((state) => state.alg))] : [alg];
  const changes: KeyChange[] = [];
  const skipped: SkippedAlgorithm[] = [];
  for (const one of algorithms) {
    const change = succession(states, bundle, one, mode, now);
    if (change.ok) changes.push(change.value);
    else if (alg !== null || isInUse(states, one)) skipped.push({ alg: one, detail: change.error });
  }
  if (changes.length > 0) return ok({ mode, changes, skipped });
  const waiting = skipped.filter((one) => states.some((state) => state.alg === one.alg && state.status === 'standby'));
  return refuse(waiting.map(({ detail }) => detail).join('; ') || noStandby([], alg, mode));
}

/**
 * The standby key that follows the active one. Gracefully it is the one published longest, which verifiers know; in an
 * emergency the newest, which the fewest have cached: an unknown `kid` makes them fetch the keys, and so drop the leaked one.
 */
function succession(
  states: readonly SigningKeyState[],
  bundle: readonly BundledKey[],
  alg: string,
  mode: RotationMode,
  now: number,
): Result<KeyChange, string> {
  const standby = states.filter((state) => state.status === 'standby' && state.alg === alg);
  const usable = standby.filter((state) => bundle.some((key) => key.kid === state.kid && key.alg === alg));
  const [oldest] = usable.toSorted((one, other) => one.publishedAt - other.publishedAt);
  const newest = usable.toSorted((one, other) => one.publishedAt - other.publishedAt).at(-1);
  const next = mode === 'graceful' ? oldest : newest;
  if (next === undefined) return refuse(noStandby(standby, alg, mode));
  const waitSeconds = Math.ceil(next.publishedAt + KEY_PUBLICATION_SECONDS - now);
  if (mode === 'graceful' && waitSeconds > 0) {
    return refuse(
      `the standby key ${next.kid} has been published for less than ${KEY_PUBLICATION_SECONDS} seconds, so verifiers may not know it yet: try again in ${waitSeconds} seconds, or rotate with mode emergency`,
    );
  }
  const previous = states.find((state) => state.alg === alg && state.status === 'active') ?? null;
  return ok({ alg, next, previous });
}

function isInUse(states: readonly SigningKeyState[], alg: string): boolean {
  return states.some((state) => state.alg === alg && state.status === 'active');
}

function noStandby(missing: readonly SigningKeyState[], alg: string | null, mode: RotationMode): string {
  const [left] = missing;
  if (left !== undefined) {
    return `the standby key ${left.kid} (${left.alg}) is not in SIGNING_KEYS: put it back, or add another ${left.alg} key after those that are there`;
  }
  const which = alg === null ? 'a second key of the algorithm to rotate' : `another ${alg} key`;
  const then = mode === 'graceful' ? `and wait ${KEY_PUBLICATION_SECONDS} seconds` : 'deploy, and rotate again at once';
  return `there is no standby key${alg === null ? '' : ` for ${alg}`}: add ${which} to SIGNING_KEYS, with a new kid and without removing the one that signs now, ${then}`;
}
