// Finds the keys to verify a provider's tokens with: given by hand, or from memory, KV and network in that order (contract §6).

import { denial } from '../exchange/denial.ts';
import type { StatedDenial } from '../exchange/denial.ts';
import {
  FAILING_ISSUER_COOLDOWN_SECONDS,
  KEY_LOAD_FIRST_POLL_MS,
  KEY_LOAD_LEASE_MS,
  KEY_LOAD_LONGEST_POLL_MS,
  REFRESH_COOLDOWN_SECONDS,
} from './limits.ts';
import type { IdentityProvider } from '../objects/identity-provider.ts';
import { ok, refuse } from '../exchange/result.ts';
import type { Result } from '../exchange/result.ts';
import type { FetchDeps } from './discovery.ts';
import { readCachedKeys, storeIssuerKeys } from './key-cache.ts';
import type { KeyCacheDeps } from './key-cache.ts';
import {
  adopt,
  hasJustFailed,
  isFresh,
  isServable,
  mayBeProvoked,
  rememberedKeys,
  secondsUntilRetry,
  sourceKey,
} from './key-memory.ts';
import type { CachedKeySet, KeyMemory, ProviderKeys } from './key-memory.ts';
import { readKeySet, sameKeys } from './jwk-set.ts';

/** What the keys of issuers need of the outside. */
export interface KeyDeps extends FetchDeps, KeyCacheDeps {
  /** Kept by the isolate, shared by all its requests. */
  readonly memory: KeyMemory;
  /** Keeps work alive after the response. */
  readonly waitUntil?: (work: Promise<unknown>) => void;
  readonly sleep?: (milliseconds: number) => Promise<void>;
}

/** Keys to verify with. */
export interface FoundKeys {
  readonly set: CachedKeySet;
  /** Past their freshness, and served because the issuer is failing. */
  readonly stale: boolean;
  /** This request itself fetched them from the network. */
  readonly fetched: boolean;
  /** The issuer was asked, whatever it answered, while this request was waiting: asking once more would learn nothing. KV does not count. */
  readonly current: boolean;
}

/** The keys of a provider at `now` (epoch seconds); refuses with `keys_unavailable`. */
export async function findKeys(
  provider: IdentityProvider,
  now: number,
  deps: KeyDeps,
): Promise<Result<FoundKeys, StatedDenial>> {
  if (provider.localJwks !== null) return localKeys(provider, provider.localJwks, now, deps);
  const state = rememberedKeys(deps.memory, sourceKey(provider), now);
  const { attempts } = state;
  let fetched = false;
  for (;;) {
    const current = state.attempts !== attempts;
    if (isFresh(state.set, now)) return ok({ set: state.set, stale: false, fetched, current });
    const retryAfter = secondsUntilRetry(state, now);
    if (retryAfter > 0) {
      if (isServable(state.set, now)) return ok({ set: state.set, stale: true, fetched, current });
      return refuse(keysUnavailable(state.failure ?? 'unknown', retryAfter));
    }
    // Whoever waits for an issuer that has just failed most likely waits for nothing, and for five seconds.
    if (state.lease !== null && hasJustFailed(state, now) && isServable(state.set, now))
      return ok({ set: state.set, stale: true, fetched, current });
    if (state.lease === null) fetched = await lead(state, provider, now, deps, { cacheFirst: true });
    else await follow(state, deps);
  }
}

/** How a refresh that a token asked for ended. */
export type Refreshed =
  | { readonly outcome: 'newer'; readonly found: FoundKeys }
  /** Nothing newer is known, and the issuer was or would have been reached. */
  | { readonly outcome: 'unchanged' }
  /** Nothing newer is known, because the issuer is failing. */
  | { readonly outcome: 'failing'; readonly denied: StatedDenial };

/**
 * Looks for a newer set than the one that did not verify a token: at most one fetch per 30 s and isolate, after failures
 * too, so that random tokens cost the issuer nothing.
 */
export async function refreshKeys(
  provider: IdentityProvider,
  seen: FoundKeys,
  now: number,
  deps: KeyDeps,
): Promise<Refreshed> {
  if (provider.localJwks !== null) return { outcome: 'unchanged' };
  const state = rememberedKeys(deps.memory, sourceKey(provider), now);
  let fetched = false;
  if (state.set === seen.set && !seen.current) {
    if (state.lease !== null) await follow(state, deps);
    else if (mayBeProvoked(state, now)) {
      state.provokedAt = now;
      fetched = await lead(state, provider, now, deps, { cacheFirst: false });
    }
  }
  if (state.set !== null && state.set !== seen.set)
    return { outcome: 'newer', found: { set: state.set, stale: !isFresh(state.set, now), fetched, current: true } };
  if (state.failure === null) return { outcome: 'unchanged' };
  const retryAfter = Math.max(secondsUntilRetry(state, now), 1);
  return { outcome: 'failing', denied: keysUnavailable(state.failure, Math.min(retryAfter, REFRESH_COOLDOWN_SECONDS)) };
}

function keysUnavailable(detail: string, retryAfterSeconds: number): StatedDenial {
  const message =
    "the keys of the token's issuer cannot be obtained at the moment, so nothing is said against the token; try again later, and tell the operator if it lasts";
  return { ...denial('keys_unavailable', message, detail), retryAfterSeconds: Math.ceil(retryAfterSeconds) };
}

/** Loads the keys on behalf of every request that waits; true if the network gave them. */
async function lead(
  state: ProviderKeys,
  provider: IdentityProvider,
  now: number,
  deps: KeyDeps,
  options: { readonly cacheFirst: boolean },
): Promise<boolean> {
  const lease = {};
  state.lease = lease;
  const load = async (): Promise<boolean> => {
    try {
      if (options.cacheFirst) {
        const cached = await readCachedKeys(provider, now, deps);
        if (cached !== null) adopt(state, cached);
        if (isFresh(state.set, now)) return false;
      }
      const before = options.cacheFirst ? null : state.set;
      return await fetchInto(state, provider, now, before, deps);
    } finally {
      if (state.lease === lease) state.lease = null;
    }
  };
  const work = load();
  // The caller may hang up; those who wait for the keys do not.
  deps.waitUntil?.(work);
  return work;
}

/** Fetches the keys into memory and, if they differ from those of `before`, into KV: a bad token must not cause writes. */
async function fetchInto(
  state: ProviderKeys,
  provider: IdentityProvider,
  now: number,
  before: CachedKeySet | null,
  deps: KeyDeps,
): Promise<boolean> {
  // Loaded here: an isolate that finds the keys in KV fetches none.
  const { fetchIssuerKeys } = await import('./discovery.ts');
  const result = await fetchIssuerKeys(provider, deps);
  state.attempts += 1;
  state.attemptedAt = now;
  if (!result.ok) {
    state.failure = result.error;
    deps.log({
      level: 'warn',
      event: 'issuer_keys.fetch_failed',
      provider: provider.id,
      issuer: provider.providerIssuer,
      detail: result.error,
    });
    return false;
  }
  state.failure = null;
  // The set just fetched is newer than the remembered one, even if the clock that dated that one was ahead.
  const fetchedAt = Math.max(now, state.set?.fetchedAt ?? now);
  state.set = { keys: result.value.keys, fetchedAt, freshUntil: now + result.value.freshSeconds };
  deps.log({
    level: 'info',
    event: 'issuer_keys.fetched',
    provider: provider.id,
    issuer: provider.providerIssuer,
    keys: result.value.keys.length,
  });
  if (before !== null && sameKeys(before.keys, result.value.keys)) return true;
  const stored = storeIssuerKeys(provider, result.value, now, deps);
  if (deps.waitUntil === undefined) await stored;
  else deps.waitUntil(stored);
  return true;
}

/** Waits until the request that loads the keys is done; if it has vanished, its lease ends and the next may load. */
async function follow(state: ProviderKeys, deps: KeyDeps): Promise<void> {
  const { lease } = state;
  const sleep = deps.sleep ?? ((milliseconds) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds)));
  let pause = KEY_LOAD_FIRST_POLL_MS;
  for (let waited = 0; waited < KEY_LOAD_LEASE_MS && state.lease === lease; waited += pause) {
    pause = Math.min(pause * 2, KEY_LOAD_LONGEST_POLL_MS);
    await sleep(pause);
  }
  if (state.lease === lease) state.lease = null;
}

/** Keys given by hand are read once per isolate and content; no network and no KV. */
function localKeys(
  provider: IdentityProvider,
  localJwks: NonNullable<IdentityProvider['localJwks']>,
  now: number,
  { memory }: KeyDeps,
): Result<FoundKeys, StatedDenial> {
  const jwtSvid = provider.preset === 'spiffe';
  const state = rememberedKeys(memory, JSON.stringify([provider.id, jwtSvid, localJwks]), now);
  if (state.set === null) {
    const read = readKeySet({ keys: localJwks.keys }, jwtSvid);
    if (!read.ok)
      return refuse(keysUnavailable(`localJwks of ${provider.id}: ${read.error}`, FAILING_ISSUER_COOLDOWN_SECONDS));
    state.set = { keys: read.value, fetchedAt: now, freshUntil: Infinity };
  }
  return ok({ set: state.set, stale: false, fetched: false, current: true });
}
