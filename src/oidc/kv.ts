// How the key cache talks to KV: every operation answers in time or fails; what is kept there is none of its business.

import { KEY_CACHE_TIMEOUT_MS } from '../core/limits.ts';
import type { KeyCache } from './key-cache.ts';

/** The key cache in a KV namespace. An operation rejects where KV fails, or does not answer within KEY_CACHE_TIMEOUT_MS. */
export function kvCache(namespace: KVNamespace): KeyCache {
  return {
    get: (key) => inTime(namespace.get(key)),
    put: (key, value, ttlSeconds) => inTime(namespace.put(key, value, { expirationTtl: ttlSeconds })),
  };
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${KEY_CACHE_TIMEOUT_MS} ms`)), KEY_CACHE_TIMEOUT_MS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
