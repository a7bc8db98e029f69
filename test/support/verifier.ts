// Makes a verifier over an issuer in memory, a KV in memory and a log that tests can read; a cold isolate is a new memory.

import { decodeToken } from '../../src/token/decode.ts';
import type { Denial } from '../../src/exchange/denial.ts';
import type { IdentityProvider } from '../../src/objects/identity-provider.ts';
import type { Verification } from '../../src/exchange/ports.ts';
import type { Result } from '../../src/exchange/result.ts';
import { createKeyMemory } from '../../src/issuers/key-memory.ts';
import { createVerifier } from '../../src/issuers/verify-subject-token.ts';
import type { TestIssuer } from './issuer.ts';
import { providerOf } from './objects.ts';

/** A provider row for an issuer. */
export function providerFor(
  issuer: { readonly issuer: string },
  changes: Partial<IdentityProvider> = {},
): IdentityProvider {
  return providerOf(issuer.issuer, changes);
}

/** A KV namespace that can fail, and whose entries can be looked into. */
export interface MemoryCache {
  readonly entries: Map<string, string>;
  reads: number;
  writes: number;
  ttl: number;
  failing: boolean;
  readonly get: (key: string) => Promise<string | null>;
  readonly put: (key: string, value: string, ttlSeconds: number) => Promise<void>;
}

export function createMemoryCache(): MemoryCache {
  const cache: MemoryCache = {
    entries: new Map(),
    reads: 0,
    writes: 0,
    ttl: 0,
    failing: false,
    get: async (key) => {
      cache.reads += 1;
      if (cache.failing) throw new Error('KV is out of order');
      return cache.entries.get(key) ?? null;
    },
    put: async (key, value, ttlSeconds) => {
      cache.writes += 1;
      cache.ttl = ttlSeconds;
      if (cache.failing) throw new Error('KV is out of order');
      cache.entries.set(key, value);
    },
  };
  return cache;
}

export interface Isolate {
  readonly cache: MemoryCache;
  readonly logs: Record<string, unknown>[];
  /** Decodes and verifies; a refusal by either is the same kind of value. */
  readonly verify: (compact: string, provider: IdentityProvider, now: number) => Promise<Result<Verification, Denial>>;
}

export interface IsolateOptions {
  readonly cache?: MemoryCache;
  readonly allowLoopback?: boolean;
  readonly ownOrigins?: readonly string[];
  /** What the network does instead of reaching the issuer. */
  readonly fetch?: (request: Request) => Promise<Response>;
}

/** A cold isolate with `issuer` on its network. */
export function createIsolate(issuer: Pick<TestIssuer, 'fetch'>, options: IsolateOptions = {}): Isolate {
  const cache = options.cache ?? createMemoryCache();
  const logs: Record<string, unknown>[] = [];
  const verify = createVerifier({
    fetch: options.fetch ?? issuer.fetch,
    cache,
    memory: createKeyMemory(),
    ownOrigins: options.ownOrigins ?? ['https://cambist.test'],
    allowLoopback: options.allowLoopback ?? false,
    log: (event) => void logs.push({ ...event }),
  });
  return {
    cache,
    logs,
    verify: async (compact, provider, now) => {
      const decoded = decodeToken(compact);
      return decoded.ok ? verify(decoded.value, provider, now) : decoded;
    },
  };
}

/** `granted`, or the reason of the refusal: what a table of cases compares. */
export function outcomeOf(result: Result<Verification, Denial>): string {
  return result.ok ? 'verified' : result.error.reason;
}
