// The bounds of fetching and keeping issuers' keys, each with its unit and its reason.

/** Milliseconds for discovery and JWKS together. */
export const ISSUER_FETCH_TIMEOUT_MS = 5_000;
/** Bytes of a discovery document, after decompression. */
export const MAX_DISCOVERY_BYTES = 64 * 1024;
/** Bytes of a JWK Set, after decompression. */
export const MAX_JWKS_BYTES = 256 * 1024;
/** Keys in a JWK Set. */
export const MAX_JWKS_KEYS = 200;
export const MAX_RSA_BITS = 8_192;
/** The least RSA public exponent, and bytes of the largest; published ones are 65537, a huge one is a denial of service. */
export const MIN_RSA_EXPONENT = 65_537;
export const MAX_RSA_EXPONENT_BYTES = 4;
/** Keys tried for a SPIFFE token that names none. */
export const MAX_KEYS_WITHOUT_KID = 8;
/** Seconds an issuer's keys stay fresh: its `max-age`, held between these two, or the default. */
export const MIN_JWKS_FRESH_SECONDS = 300;
export const MAX_JWKS_FRESH_SECONDS = 3_600;
export const DEFAULT_JWKS_FRESH_SECONDS = 600;
/** Seconds a stale set may still be used while its issuer is failing. */
export const MAX_JWKS_STALE_SECONDS = 86_400;
/** Seconds between two refreshes of one issuer that tokens provoke (unknown `kid`, bad signature, stale set), in an isolate. */
export const REFRESH_COOLDOWN_SECONDS = 30;
/** Seconds between two attempts to reach a failing issuer of which nothing is cached, in an isolate. */
export const FAILING_ISSUER_COOLDOWN_SECONDS = 10;
/** Milliseconds an operation of KV may take before it counts as failed; one across the world takes a few hundred. */
export const KEY_CACHE_TIMEOUT_MS = 1_000;
/** Characters of a cache entry that are parsed: the largest key set that is fetched, with room for its frame. */
export const MAX_KEY_CACHE_ENTRY_CHARS = 2 * MAX_JWKS_BYTES;
/** Milliseconds one request may be the one that loads a provider's keys before another takes over: the fetch and the cache reads around it. */
export const KEY_LOAD_LEASE_MS = 7_000;
/** Milliseconds between two looks of a request that waits for another one's load, first and longest. */
export const KEY_LOAD_FIRST_POLL_MS = 2;
export const KEY_LOAD_LONGEST_POLL_MS = 50;
/** Providers whose keys an isolate keeps, and keys of all of them; the least recently used one goes first. The largest keys take 12 KB each. */
export const MAX_CACHED_ISSUERS = 500;
export const MAX_CACHED_ISSUER_KEYS = 3_000;
/** Characters of an address or a `kid` of somebody else's document in an answer, a log line or a row. */
export const MAX_QUOTED_CHARS = 200;
/** Characters of one word of somebody else's document in a sentence, such as an algorithm's name. */
export const MAX_WORD_CHARS = 64;
/** Keys, or algorithms, that one finding of the issuer doctor names; the rest are counted. */
export const MAX_NAMED = 5;
/** Seconds after which an attempt that failed no longer counts an issuer as failing: its workloads stopped asking. */
export const NOTED_FAILURE_SECONDS = 3_600;
