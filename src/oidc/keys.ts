// Finds the keys of a provider: isolate memory, then KV, then the network (contract §6).

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** What the keys of issuers need of the outside. */
export interface KeyDeps {
  readonly fetch: Fetch;
  readonly cache: KeyCache;
  /** Kept by the isolate, shared by all its requests. */
  readonly memory: KeyMemory;
  readonly ownOrigins: readonly string[];
  readonly allowLoopback: boolean;
  readonly log: (event: Readonly<Record<string, unknown>>) => void;
  /** Keeps work alive after the response; absent outside of Workers. */
  readonly waitUntil?: (work: Promise<unknown>) => void;
  /** Milliseconds. */
  readonly sleep?: (milliseconds: number) => Promise<void>;
}

export interface KeyCache {
  readonly get: (key: string) => Promise<string | null>;
  readonly put: (key: string, value: string, ttlSeconds: number) => Promise<void>;
}

export interface KeyMemory {
  readonly providers: Map<string, unknown>;
}

/** Empty memory: what a cold isolate starts with. */
export function createKeyMemory(): KeyMemory {
  return { providers: new Map() };
}
