// One rotation of our own keys as data: what is asked for, what is decided, and what is carried out (contract §5.8); pure.

import type { ChangeEvent } from './storage.ts';
import type { SigningAlgorithm } from './signing-key.ts';
import type { SigningKeyState } from '../exchange/ports.ts';
import { MAX_TOKEN_LIFETIME_SECONDS } from '../rules/limits.ts';
import type { JsonObject } from '../token/json.ts';

export type RotationMode = 'graceful' | 'emergency';

/** A key that the service has made; its private part is encrypted. */
export interface MadeKey {
  readonly kid: string;
  readonly alg: string;
  readonly sealed: string;
}

/** What happens to the keys of one algorithm: `next` starts to sign, `previous` stops or is taken out. */
export interface KeyChange<Next = SigningKeyState | MadeKey> {
  readonly alg: string;
  /** Null if a key is only taken out, which did not sign. */
  readonly next: Next | null;
  /** Null if no key of the algorithm was active. */
  readonly previous: SigningKeyState | null;
}

interface Decided {
  readonly mode: RotationMode;
  /** Algorithms that were not asked for by name and cannot be rotated now, and what to do about each. */
  readonly skipped: readonly SkippedAlgorithm[];
}

export interface SkippedAlgorithm {
  readonly alg: string;
  readonly detail: string;
}

/** A rotation as it was decided; the keys that it needs are still to be made. */
export interface RotationPlan extends Decided {
  /** At least one. */
  readonly changes: readonly KeyChange<SigningKeyState | 'made'>[];
  /** Algorithms that need a new sealed standby key. */
  readonly standbys: readonly string[];
}

/** One rotation, which happens as a whole or not at all. */
export interface Rotation extends Decided {
  readonly changes: readonly KeyChange[];
  readonly standbys: readonly MadeKey[];
}

/** What a rotation is asked for. */
export interface RotationRequest {
  readonly mode: RotationMode;
  /** Null means every algorithm that can be rotated. */
  readonly alg: string | null;
  /** The one key to replace; null means the active ones. */
  readonly kid: string | null;
  /** `bundle` abandons every key of SIGNING_KEYS. */
  readonly source: 'bundle' | null;
}

/** A key as a secret names it. */
export interface BundledKey {
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  readonly secret: 'SIGNING_KEYS' | 'SIGNING_KEYS_NEXT';
}

/** What the deployment has to sign with. */
export interface KeyMeans {
  /** The keys in the secrets. */
  readonly bundle: readonly BundledKey[];
  /** True if the service makes and seals keys itself. */
  readonly seals: boolean;
}

/** All keys, and the `kid`s of the sealed ones that SEALING_KEY does not open. */
export interface KeysNow {
  readonly states: readonly SigningKeyState[];
  readonly unopened: readonly string[];
}

/** Our own keys as the API manages them. Times are epoch seconds; every function throws StorageUnavailable. */
export interface SigningKeyPort extends KeyMeans {
  /** The states of all keys, those that are new in a secret recorded and those that are lacking made first unless `makes` is false. */
  readonly read: (now: number, makes?: boolean) => Promise<KeysNow>;
  /** Makes a key, which is not stored yet. */
  readonly make: (alg: string) => Promise<MadeKey>;
  /** Carries out a rotation with an event for each change, in one atomic write; null, and nothing written, if the keys have changed since. */
  readonly rotate: (
    rotation: Rotation,
    events: readonly ChangeEvent[],
    now: number,
  ) => Promise<readonly SigningKeyState[] | null>;
}

/**
 * Makes the keys that a plan needs and carries it out: what changed and the states after, or null, and nothing written, if the
 * keys are not those any more that it was decided for. Throws StorageUnavailable.
 */
export async function carryOutRotation(
  plan: RotationPlan,
  keys: Pick<SigningKeyPort, 'make' | 'rotate'>,
  eventOf: (change: KeyChange) => ChangeEvent,
  now: number,
): Promise<(Rotation & { readonly states: readonly SigningKeyState[] }) | null> {
  const changes: KeyChange[] = [];
  const standbys: MadeKey[] = [];
  // One after the other: each takes processor time.
  for (const change of plan.changes)
    changes.push({ ...change, next: change.next === 'made' ? await keys.make(change.alg) : change.next });
  for (const alg of plan.standbys) standbys.push(await keys.make(alg));
  const rotation = { ...plan, changes, standbys };
  const states = await keys.rotate(rotation, changes.map(eventOf), now);
  return states === null ? null : { ...rotation, states };
}

/**
 * What a plan would come to if it were carried out now: the states after it, in which a key that would be made has no `kid` yet.
 * It makes and writes nothing.
 */
export function foreseeRotation(
  plan: RotationPlan,
  states: readonly SigningKeyState[],
  now: number,
): Rotation & { readonly states: readonly SigningKeyState[] } {
  const changes = plan.changes.map(({ alg, next, previous }): KeyChange => ({
    alg,
    previous,
    next: next === 'made' ? { kid: '', alg, sealed: '' } : next,
  }));
  const after = states.map((state): SigningKeyState => {
    const started = changes.some(({ next }) => next?.kid === state.kid);
    if (started) return { ...state, status: 'active', activatedAt: now };
    const ended = changes.find(({ previous }) => previous?.kid === state.kid);
    if (ended === undefined) return state;
    if (ended.next === null || plan.mode === 'emergency') return { ...state, status: 'revoked', revokedAt: now };
    return { ...state, status: 'retiring', retiringAt: now, expiresAt: now + MAX_TOKEN_LIFETIME_SECONDS };
  });
  const made = changes.flatMap(({ alg, next }): SigningKeyState[] =>
    next?.kid === '' ? [{ ...NEW_KEY, alg, publishedAt: now, activatedAt: now }] : [],
  );
  return { ...plan, changes, standbys: [], states: [...after, ...made] };
}

const NEW_KEY = {
  kid: '',
  status: 'active',
  source: 'sealed',
  retiringAt: null,
  expiresAt: null,
  revokedAt: null,
} as const;

/** What the audit event of a change says. */
export function rotationChanges(
  mode: RotationMode,
  { alg, next, previous }: KeyChange,
): { readonly before: JsonObject; readonly after: JsonObject } {
  if (next !== null) return { before: { alg, active: previous?.kid ?? null }, after: { alg, active: next.kid, mode } };
  return {
    before: { alg, kid: previous?.kid ?? null, status: previous?.status ?? null },
    after: { alg, mode, status: 'revoked' },
  };
}
