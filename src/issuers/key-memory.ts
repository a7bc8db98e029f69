// What one isolate remembers of each provider's keys, and for how long a set may be used; does no I/O.

import {
  FAILING_ISSUER_COOLDOWN_SECONDS,
  MAX_CACHED_ISSUERS,
  MAX_CACHED_ISSUER_KEYS,
  MAX_JWKS_STALE_SECONDS,
  REFRESH_COOLDOWN_SECONDS,
} from './limits.ts';
import { CLOCK_SKEW_SECONDS } from '../token/limits.ts';
import type { KeySource } from './discovery.ts';
import type { VerificationKey } from './verification-key.ts';

/** The keys of one provider at one moment. Times are epoch seconds. */
export interface CachedKeySet {
  readonly keys: readonly VerificationKey[];
  readonly fetchedAt: number;
  readonly freshUntil: number;
}

/** All that an isolate knows of one provider's keys. */
export interface ProviderKeys {
  set: CachedKeySet | null;
  /** Why the last attempt to reach the issuer failed, for an operator; null if it did not. */
  failure: string | null;
  attemptedAt: number;
  /** How often the issuer was asked, whatever it answered. */
  attempts: number;
  /** The last refresh that a token asked for: an unknown `kid`, or a bad signature. */
  provokedAt: number | null;
  /** Whoever is loading the keys just now. Others look again later: a Worker must not await another request's promise. */
  lease: object | null;
}

export interface KeyMemory {
  /** By identity of the key source; the least recently used comes first. */
  readonly providers: Map<string, ProviderKeys>;
}

/** Empty memory: what a cold isolate starts with. */
export function createKeyMemory(): KeyMemory {
  return { providers: new Map() };
}

/** What keys are remembered by: another version, address or preset is another source, so nothing of the old one is ever used. */
export function sourceKey({
  id,
  providerIssuer: issuer,
  providerJwksUri: jwksUri,
  preset,
  keysVersion,
}: KeySource): string {
  return JSON.stringify([id, keysVersion, issuer, jwksUri, preset === 'spiffe']);
}

/**
 * The memory of one source at `now`, made if there is none; the least recently used one makes room. What was written under
 * a clock that ran ahead is forgotten: its keys would stay fresh, and its cooldowns last, until time catches up with them.
 */
export function rememberedKeys({ providers }: KeyMemory, key: string, now: number): ProviderKeys {
  const found = providers.get(key);
  const known = found !== undefined && isOfThePast(found, now) ? found : undefined;
  const state = known ?? { set: null, failure: null, attemptedAt: 0, attempts: 0, provokedAt: null, lease: null };
  if (found !== undefined) providers.delete(key);
  else makeRoom(providers);
  providers.set(key, state);
  return state;
}

/** For one more; of a failing issuer without keys, what is known of its failure takes no room that keys need. */
function makeRoom(providers: KeyMemory['providers']): void {
  let keys = 0;
  for (const { set } of providers.values()) keys += set?.keys.length ?? 0;
  for (const [key, { set }] of providers) {
    const held = set?.keys.length ?? 0;
    if (providers.size < MAX_CACHED_ISSUERS && (held === 0 || keys <= MAX_CACHED_ISSUER_KEYS)) continue;
    providers.delete(key);
    keys -= held;
  }
}

function isOfThePast({ set, attemptedAt, provokedAt }: ProviderKeys, now: number): boolean {
  return Math.max(set?.fetchedAt ?? 0, attemptedAt, provokedAt ?? 0) <= now + CLOCK_SKEW_SECONDS;
}

/** Takes a set out of the cache over, unless one is there that is as new: of two of the same second, memory may hold the later. */
export function adopt(state: ProviderKeys, set: CachedKeySet): void {
  if (state.set === null || set.fetchedAt > state.set.fetchedAt) state.set = set;
}

export function isFresh(set: CachedKeySet | null, now: number): set is CachedKeySet {
  return set !== null && now < set.freshUntil;
}

/** Whether a set may still be used while its issuer is failing. */
export function isServable(set: CachedKeySet | null, now: number): set is CachedKeySet {
  return set !== null && now - set.fetchedAt < MAX_JWKS_STALE_SECONDS;
}

/** Seconds until a failing issuer may be asked again; 0 if it may be asked now. */
export function secondsUntilRetry({ failure, attemptedAt, set }: ProviderKeys, now: number): number {
  if (failure === null) return 0;
  const cooldown = isServable(set, now) ? REFRESH_COOLDOWN_SECONDS : FAILING_ISSUER_COOLDOWN_SECONDS;
  return Math.max(0, attemptedAt + cooldown - now);
}

/** True if the last fetch failed within two cooldowns. Two, because the issuer is asked again once per cooldown. */
export function hasJustFailed({ failure, attemptedAt }: ProviderKeys, now: number): boolean {
  return failure !== null && now - attemptedAt < 2 * REFRESH_COOLDOWN_SECONDS;
}

/** Whether a token's unknown `kid` or bad signature may cause a refresh now. */
export function mayBeProvoked(state: ProviderKeys, now: number): boolean {
  const { provokedAt } = state;
  return secondsUntilRetry(state, now) === 0 && (provokedAt === null || now - provokedAt >= REFRESH_COOLDOWN_SECONDS);
}
