// How the key cache talks to KV: every operation answers in time or fails; what is kept there is none of its business.

import { inTime } from '../timeout.ts';
import { KEY_CACHE_TIMEOUT_MS } from './limits.ts';
import type { KeyCache } from './key-cache.ts';

/** The key cache in a KV namespace. An operation rejects where KV fails, or does not answer within KEY_CACHE_TIMEOUT_MS. */
export function kvCache(namespace: KVNamespace): KeyCache {
  return {
    get: (key) => inTime(namespace.get(key), KEY_CACHE_TIMEOUT_MS),
    put: (key, value, ttlSeconds) =>
      inTime(namespace.put(key, value, { expirationTtl: ttlSeconds }), KEY_CACHE_TIMEOUT_MS),
  };
}
