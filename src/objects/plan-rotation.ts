// Which of our keys takes over in a rotation (contract §5.8), decided from the secrets' kids and the keys' states; pure.

import { KEY_PUBLICATION_SECONDS } from './limits.ts';
import { isSigningAlgorithm, SIGNING_ALGORITHMS } from './signing-key.ts';
import type { KeyChange, KeyMeans, KeysNow, RotationMode, RotationPlan, RotationRequest } from './key-rotation.ts';
import type { SkippedAlgorithm } from './key-rotation.ts';
import type { SigningKeyState } from '../exchange/ports.ts';
import { ok, refuse } from '../exchange/result.ts';
import type { Result } from '../exchange/result.ts';

type PlannedChange = RotationPlan['changes'][number];

/** Decides a rotation at `now` (epoch seconds). The refusal is a sentence that says what to do in this mode. */
export function planRotation(
  keys: KeysNow,
  means: KeyMeans,
  request: RotationRequest,
  now: number,
): Result<RotationPlan, string> {
  const deciding = { ...keys, ...means, mode: request.mode, now };
  if (request.source === 'bundle') return abandonBundle(deciding);
  const { states, mode } = deciding;
  const { kid } = request;
  const named = kid === null ? null : states.find((state) => state.kid === kid);
  if (named === undefined) return refuse(`there is no signing key ${kid ?? ''}`);
  if (named !== null && request.alg !== null && named.alg !== request.alg) {
    return refuse(`the signing key ${named.kid} is for ${named.alg}, not for ${request.alg}`);
  }
  if (named?.status === 'revoked') return refuse(`the signing key ${named.kid} is revoked already`);
  if (named !== null && (named.status !== 'active' || !isSigningAlgorithm(named.alg)))
    return planOf(deciding, [takenOut(named)]);
  const alg = named?.alg ?? request.alg;
  const algorithms = alg === null ? inOrder(states.map((state) => state.alg)) : [alg];
  const changes: PlannedChange[] = [];
  const skipped: SkippedAlgorithm[] = [];
  for (const one of algorithms) {
    const change = succession(deciding, one, () => true);
    if (change.ok) changes.push(change.value);
    else if (alg !== null || activeOf(states, one) !== null) skipped.push({ alg: one, detail: change.error });
  }
  if (changes.length > 0) return planOf(deciding, changes, skipped);
  const waiting = skipped.filter((one) => states.some((state) => state.alg === one.alg && state.status === 'standby'));
  return refuse(waiting.map(({ detail }) => detail).join('; ') || noStandby([], alg, mode));
}

interface Deciding extends KeysNow, KeyMeans {
  readonly mode: RotationMode;
  readonly now: number;
}

/**
 * The key that follows the active one, of those that `mayFollow`. Gracefully it is a standby key that verifiers know, one of a
 * secret first, then the one published longest. In an emergency it is one that the fewest have cached, since an unknown `kid`
 * makes them fetch the keys and so drop the leaked one: a new key, if the service makes its own, else the newest standby key.
 */
function succession(
  { states, unopened, bundle, seals, mode, now }: Deciding,
  alg: string,
  mayFollow: (key: SigningKeyState) => boolean,
): Result<PlannedChange, string> {
  const previous = activeOf(states, alg);
  const isInUse = previous !== null || states.some((state) => state.status === 'standby' && state.alg === alg);
  if (mode === 'emergency' && seals && isInUse) return ok({ alg, next: 'made', previous });
  const standby = states.filter((state) => state.status === 'standby' && state.alg === alg && mayFollow(state));
  const usable = standby
    .filter(({ kid, source }) =>
      source === 'sealed' ? seals && !unopened.includes(kid) : bundle.some((key) => key.kid === kid && key.alg === alg),
    )
    .toSorted((one, other) => one.publishedAt - other.publishedAt);
  const [oldest] = usable;
  const newest = usable.at(-1);
  if (oldest === undefined || newest === undefined) return refuse(noStandby(standby, alg, mode));
  if (mode === 'emergency') return ok({ alg, next: newest, previous });
  const known = usable.filter(({ publishedAt }) => publishedAt + KEY_PUBLICATION_SECONDS <= now);
  const next = known.find(({ source }) => source === 'bundle') ?? known[0];
  if (next !== undefined) return ok({ alg, next, previous });
  const waitSeconds = Math.ceil(oldest.publishedAt + KEY_PUBLICATION_SECONDS - now);
  return refuse(
    `the standby key ${oldest.kid} has been published for less than ${KEY_PUBLICATION_SECONDS} seconds, so verifiers may not know it yet: try again in ${waitSeconds} seconds, or rotate with mode emergency`,
  );
}

/** Every key of SIGNING_KEYS leaves, standby keys too, since they leaked together; what then signs is none of them. */
function abandonBundle(deciding: Deciding): Result<RotationPlan, string> {
  const { states, bundle, mode, now } = deciding;
  const isNext = (kid: string): boolean => bundle.some((key) => key.kid === kid && key.secret === 'SIGNING_KEYS_NEXT');
  const isAbandoned = ({ kid, source }: SigningKeyState): boolean => source === 'bundle' && !isNext(kid);
  const abandoned = states.filter(
    (state) =>
      isAbandoned(state) && state.status !== 'revoked' && (state.status !== 'retiring' || isRetiring(state, mode, now)),
  );
  if (abandoned.length === 0) return refuse('no key of SIGNING_KEYS is in use any more');
  const changes: PlannedChange[] = [];
  for (const alg of inOrder(abandoned.filter(({ status }) => status === 'active').map((key) => key.alg))) {
    const change = succession(deciding, alg, (key) => !isAbandoned(key));
    if (!change.ok) {
      const isWaiting = states.some((key) => key.alg === alg && key.status === 'standby' && !isAbandoned(key));
      return refuse(isWaiting ? change.error : noOtherKey(alg, mode));
    }
    changes.push(change.value);
  }
  return planOf(deciding, [
    ...changes,
    ...abandoned.filter(({ status, alg }) => status !== 'active' || !isSigningAlgorithm(alg)).map(takenOut),
  ]);
}

/** A retiring key signs nothing any more, and goes gracefully by itself. */
function isRetiring({ expiresAt }: SigningKeyState, mode: RotationMode, now: number): boolean {
  return mode === 'emergency' && (expiresAt === null || expiresAt > now);
}

/** The whole plan: what cannot be opened leaves with the first emergency, and each algorithm keeps a sealed standby key. */
function planOf(
  { states, unopened, seals, mode }: Deciding,
  wanted: readonly PlannedChange[],
  skipped: readonly SkippedAlgorithm[] = [],
): Result<RotationPlan, string> {
  const algorithms = [...new Set(wanted.map(({ alg }) => alg))];
  const isNamed = (changes: readonly PlannedChange[], { kid }: SigningKeyState): boolean =>
    changes.some(({ next, previous }) => previous?.kid === kid || (next !== 'made' && next?.kid === kid));
  const lost = states.filter(
    (state) =>
      mode === 'emergency' &&
      unopened.includes(state.kid) &&
      algorithms.includes(state.alg) &&
      state.status !== 'active' &&
      !isNamed(wanted, state),
  );
  const changes = [...wanted, ...lost.map(takenOut)];
  const standbys = algorithms.filter(
    (alg) =>
      seals &&
      isSigningAlgorithm(alg) &&
      !states.some(
        (state) =>
          state.alg === alg && state.source === 'sealed' && state.status === 'standby' && !isNamed(changes, state),
      ),
  );
  return ok({ mode, changes, standbys, skipped });
}

/** Each algorithm once, always in the same order. */
function inOrder(algorithms: readonly string[]): readonly string[] {
  return SIGNING_ALGORITHMS.filter((alg) => algorithms.includes(alg));
}

function takenOut(key: SigningKeyState): KeyChange<never> {
  return { alg: key.alg, next: null, previous: key };
}

function activeOf(states: readonly SigningKeyState[], alg: string): SigningKeyState | null {
  return states.find((state) => state.alg === alg && state.status === 'active') ?? null;
}

function noStandby(missing: readonly SigningKeyState[], alg: string | null, mode: RotationMode): string {
  const [left] = missing;
  if (left?.source === 'sealed') {
    return `the standby key ${left.kid} (${left.alg}) is sealed, and SEALING_KEY is not set: put it back`;
  }
  if (left !== undefined) {
    return `the standby key ${left.kid} (${left.alg}) is not in SIGNING_KEYS: put it back, or add another ${left.alg} key as SIGNING_KEYS_NEXT`;
  }
  const which = alg === null ? 'a second key of the algorithm to rotate' : `another ${alg} key`;
  return `there is no standby key${alg === null ? '' : ` for ${alg}`}: add ${which}, with a new kid, as SIGNING_KEYS_NEXT, and leave SIGNING_KEYS as it is${after(mode)}`;
}

function noOtherKey(alg: string, mode: RotationMode): string {
  return `there is no ${alg} key outside SIGNING_KEYS to take over: set SEALING_KEY, or put an ${alg} key into SIGNING_KEYS_NEXT${after(mode)}`;
}

function after(mode: RotationMode): string {
  return mode === 'graceful'
    ? `; wait ${KEY_PUBLICATION_SECONDS} seconds, then rotate again`
    : '; then rotate again at once';
}
