// Keeps fetched keys in KV for other isolates. It is a cache only: an entry with any fault counts as absent.

import { inTime } from '../timeout.ts';
import { isJsonObject } from '../token/json.ts';
import {
  KEY_CACHE_TIMEOUT_MS,
  MAX_JWKS_FRESH_SECONDS,
  MAX_JWKS_STALE_SECONDS,
  MAX_KEY_CACHE_ENTRY_CHARS,
} from './limits.ts';
import { CLOCK_SKEW_SECONDS, MAX_JSON_DEPTH } from '../token/limits.ts';
import { parseStrictJson } from '../token/strict-json.ts';
import type { IssuerKeys, KeySource } from './discovery.ts';
import type { CachedKeySet } from './key-memory.ts';
import { sourceKey } from './key-memory.ts';
import { readKeySet, toJwks } from './jwk-set.ts';

export interface KeyCache {
  readonly get: (key: string) => Promise<string | null>;
  readonly put: (key: string, value: string, ttlSeconds: number) => Promise<void>;
}

/** The key cache in a KV namespace. An operation rejects if KV fails, or does not answer within KEY_CACHE_TIMEOUT_MS. */
export function kvCache(namespace: KVNamespace): KeyCache {
  return {
    get: (key) => inTime(namespace.get(key), KEY_CACHE_TIMEOUT_MS),
    put: (key, value, ttlSeconds) =>
      inTime(namespace.put(key, value, { expirationTtl: ttlSeconds }), KEY_CACHE_TIMEOUT_MS),
  };
}

/** What keeps the cache from its work, for `/readyz`. */
export async function cacheFaults(cache: KeyCache): Promise<readonly string[]> {
  try {
    await cache.get('readyz');
    return [];
  } catch (error) {
    return [`CACHE does not answer: ${String(error)}`];
  }
}

export interface KeyCacheDeps {
  readonly cache: KeyCache;
  readonly log: (event: Readonly<Record<string, unknown>>) => void;
}

/** The keys kept for exactly this source, if they may be used at `now`. A failing cache is logged and counts as empty. */
export async function readCachedKeys(source: KeySource, now: number, deps: KeyCacheDeps): Promise<CachedKeySet | null> {
  try {
    const text = await deps.cache.get(cacheKey(source));
    return text === null ? null : readEntry(text, source, now);
  } catch (error) {
    deps.log({ level: 'error', event: 'key_cache.read_failed', provider: source.id, detail: String(error) });
    return null;
  }
}

/** Keeps keys that were fetched at `now` for other isolates. A failing cache is logged; the keys are used all the same. */
export async function storeIssuerKeys(
  source: KeySource,
  fetched: IssuerKeys,
  now: number,
  deps: KeyCacheDeps,
): Promise<void> {
  const entry = {
    source: sourceKey(source),
    fetchedAt: now,
    freshUntil: now + fetched.freshSeconds,
    keys: toJwks(fetched.keys),
  };
  try {
    await deps.cache.put(cacheKey(source), JSON.stringify(entry), MAX_JWKS_STALE_SECONDS + MAX_JWKS_FRESH_SECONDS);
  } catch (error) {
    deps.log({ level: 'error', event: 'key_cache.write_failed', provider: source.id, detail: String(error) });
  }
}

/** The rest of the source is inside the entry and compared, so that a KV key stays short. */
function cacheKey({ id, keysVersion }: KeySource): string {
  return `issuer-keys:${id}:${keysVersion}`;
}

function readEntry(text: string, source: KeySource, now: number): CachedKeySet | null {
  if (text.length > MAX_KEY_CACHE_ENTRY_CHARS) return null;
  const parsed = parseStrictJson(text, { maxDepth: MAX_JSON_DEPTH });
  if (!parsed.ok || !isJsonObject(parsed.value)) return null;
  const { source: storedFor, fetchedAt, freshUntil } = parsed.value;
  if (storedFor !== sourceKey(source) || typeof fetchedAt !== 'number' || typeof freshUntil !== 'number') return null;
  if (fetchedAt > now + CLOCK_SKEW_SECONDS) return null;
  // Both ends: a set that was over before it was fetched could never be replaced by a fetched one.
  if (freshUntil < fetchedAt || freshUntil > fetchedAt + MAX_JWKS_FRESH_SECONDS) return null;
  // Judged again, since the rules for keys may have become stricter since they were kept.
  const keys = readKeySet(parsed.value, source.preset === 'spiffe');
  return keys.ok ? { keys: keys.value, fetchedAt, freshUntil } : null;
}
