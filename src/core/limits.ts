// Every number the service enforces, with its unit and its reason; no other file holds a limit.

/** Bytes of a request body; a token request with a 16 KiB token and its parameters stays far below. */
export const MAX_BODY_BYTES: number = 64 * 1024;
/** Characters of a compact JWT; the largest platform tokens are about 4 KiB. Checked before any decoding. */
export const MAX_TOKEN_CHARS: number = 16 * 1024;
/** Characters of the encoded JOSE header; real ones are below 300. */
export const MAX_HEADER_CHARS: number = 4 * 1024;
/** Nesting of JSON inside a token; Kubernetes, the deepest platform, needs 3. */
export const MAX_JSON_DEPTH: number = 32;
/** Characters of a `kid`; published ones are below 100. */
export const MAX_KID_CHARS: number = 512;

/** Characters of a token's `iss`, and of a `spiffe://` subject read in its place; registered issuers are shorter still. */
export const MAX_TOKEN_ISSUER_CHARS: number = 2_048;

/** Seconds of clock difference tolerated on `exp`, `nbf` and `iat` (RFC 7519 §4.1.4 "a few minutes" at most). */
export const CLOCK_SKEW_SECONDS: number = 60;
/** Seconds an issued token's `nbf` lies before its `iat`, for verifiers whose clock is behind ours. */
export const NOT_BEFORE_LEEWAY_SECONDS: number = 60;

/** Seconds; the shortest lifetime that can be asked for or configured. */
export const MIN_TOKEN_LIFETIME_SECONDS: number = 60;
/** Seconds; the longest lifetime any issued token can have, and the default limit for subject tokens. */
export const MAX_TOKEN_LIFETIME_SECONDS: number = 86_400;
/** Characters of `access_token_lifetime`; the longest sensible Go duration is below 30. */
export const MAX_LIFETIME_CHARS: number = 64;
/** Seconds; lifetime of an issued token, and its cap, where the identity names none. */
export const DEFAULT_TOKEN_LIFETIME_SECONDS: number = 3_600;
/** Seconds; an access credential's token never lives longer. */
export const MAX_CREDENTIAL_TOKEN_LIFETIME_SECONDS: number = 3_600;

/** Characters of a subject rule. */
export const MAX_SUBJECT_RULE_CHARS: number = 512;
/** Characters of a CEL expression. */
export const MAX_EXPRESSION_CHARS: number = 2_048;
/** Nodes of a CEL expression's syntax tree; bounds evaluation, which has no loops but comprehensions. */
export const MAX_EXPRESSION_NODES: number = 200;
/** Nesting of a CEL expression: the parser recurses. */
export const MAX_EXPRESSION_DEPTH: number = 32;
/** Nodes inside the macros (`exists`, `all`, …) of a CEL expression × elements of the largest list or object of the token; more is a refusal. A step takes up to 10 µs. */
export const MAX_EXPRESSION_STEPS: number = 20_000;
/** Claims an identity may set conditions on. */
export const MAX_CONDITIONS: number = 50;
/** Values listed in one condition. */
export const MAX_CONDITION_VALUES: number = 100;
/** Characters of one value of a condition; the longest real claims (workflow references) stay below 400. */
export const MAX_CONDITION_VALUE_CHARS: number = 1_024;
/** Claims copied into `upstream`. */
export const MAX_FORWARDED_CLAIMS: number = 20;

/** Identities of one service account; the next is refused with 409, so that an exchange reads a bounded number of rows. */
export const MAX_IDENTITIES_PER_SERVICE_ACCOUNT: number = 100;
/** Pattern rules considered where the caller names no account; beyond it the caller is told to name one. */
export const MAX_PATTERN_RULES_WITHOUT_ACCOUNT: number = 200;
/** Exact rules on one subject considered where the caller names no account; the same bound, for the same reason. */
export const MAX_EXACT_RULES_WITHOUT_ACCOUNT: number = 200;
/** Bindings of one service account; the next is refused with 409. */
export const MAX_BINDINGS_PER_SERVICE_ACCOUNT: number = 100;

/** Seconds; a use of an identity so soon after the one written is not written: a busy job would write its row at every exchange. */
export const LAST_USED_RESOLUTION_SECONDS: number = 60;

/** Seconds; equal refusals within this window are one audit event with a count. */
export const REFUSAL_COLLAPSE_SECONDS: number = 60;
/** Different refusals of one organisation within that window that are events of their own: one a second, a day of which the hourly sweep removes in a day. */
export const MAX_DISTINCT_REFUSALS: number = 60;
/** Seconds a new key must have been published before it may sign: the cache time of the JWKS. */
export const KEY_PUBLICATION_SECONDS: number = 300;
/** Seconds; `max-age` of the discovery document and the JWKS. */
export const DISCOVERY_MAX_AGE_SECONDS: number = 300;

/** Milliseconds for discovery and JWKS together. */
export const ISSUER_FETCH_TIMEOUT_MS: number = 5_000;
/** Bytes of a discovery document, after decompression. */
export const MAX_DISCOVERY_BYTES: number = 64 * 1024;
/** Bytes of a JWK Set, after decompression. */
export const MAX_JWKS_BYTES: number = 256 * 1024;
/** Keys in a JWK Set. */
export const MAX_JWKS_KEYS: number = 200;
/** Bits of an RSA modulus, least and most (RFC 7518 §3.3; above it a signature check is a denial of service). */
export const MIN_RSA_BITS: number = 2_048;
export const MAX_RSA_BITS: number = 8_192;
/** The least RSA public exponent, and bytes of the largest; published ones are 65537, a huge one is a denial of service. */
export const MIN_RSA_EXPONENT: number = 65_537;
export const MAX_RSA_EXPONENT_BYTES: number = 4;
/** Keys tried for a SPIFFE token that names none. */
export const MAX_KEYS_WITHOUT_KID: number = 8;

/** Seconds an issuer's keys stay fresh: its `max-age`, held between these two, or the default. */
export const MIN_JWKS_FRESH_SECONDS: number = 300;
export const MAX_JWKS_FRESH_SECONDS: number = 3_600;
export const DEFAULT_JWKS_FRESH_SECONDS: number = 600;
/** Seconds a stale set may still be used while its issuer is failing. */
export const MAX_JWKS_STALE_SECONDS: number = 86_400;
/** Seconds between two refreshes of one issuer that tokens provoke (unknown `kid`, bad signature, stale set), in an isolate. */
export const REFRESH_COOLDOWN_SECONDS: number = 30;
/** Seconds between two attempts to reach a failing issuer of which nothing is cached, in an isolate. */
export const FAILING_ISSUER_COOLDOWN_SECONDS: number = 10;
/** Milliseconds an operation of KV may take before it counts as failed; one across the world takes a few hundred. */
export const KEY_CACHE_TIMEOUT_MS: number = 1_000;
/** Characters of a cache entry that are parsed: the largest key set that is fetched, with room for its frame. */
export const MAX_KEY_CACHE_ENTRY_CHARS: number = 2 * MAX_JWKS_BYTES;
/** Milliseconds one request may be the one that loads a provider's keys before another takes over: the fetch and the cache reads around it. */
export const KEY_LOAD_LEASE_MS: number = 7_000;
/** Milliseconds between two looks of a request that waits for another one's load, first and longest. */
export const KEY_LOAD_FIRST_POLL_MS: number = 2;
export const KEY_LOAD_LONGEST_POLL_MS: number = 50;
/** Providers whose keys an isolate keeps, and keys of all of them; the least recently used one goes first. The largest keys take 12 KB each. */
export const MAX_CACHED_ISSUERS: number = 500;
export const MAX_CACHED_ISSUER_KEYS: number = 3_000;
/** Compiled federated identities an isolate keeps, and characters of all of them as JSON: one takes six bytes for each, and may have 60,000. */
export const MAX_CACHED_IDENTITIES: number = 2_000;
export const MAX_CACHED_IDENTITY_CHARS: number = 4_000_000;

/** Characters of an object's name, and of a slug: a slug is one DNS label, so that it fits anywhere. */
export const MAX_NAME_CHARS: number = 128;
export const MAX_SLUG_CHARS: number = 63;
/** Characters of a description. */
export const MAX_DESCRIPTION_CHARS: number = 1_024;
/** Entries of a label or annotation map. */
export const MAX_MAP_ENTRIES: number = 64;
/** Characters of a label's or annotation's key; keys with a domain in front are below 100. */
export const MAX_MAP_KEY_CHARS: number = 128;
/** Characters of a label's value; it is a column of an index. */
export const MAX_LABEL_VALUE_CHARS: number = 256;
/** Characters of an annotation's value. */
export const MAX_ANNOTATION_VALUE_CHARS: number = 4_096;
/** Characters of an issuer or of the address of its keys. */
export const MAX_ISSUER_CHARS: number = 512;
/** Characters of a claim's name or JSON Pointer. */
export const MAX_CLAIM_REFERENCE_CHARS: number = 256;
/** Audiences in a list of an identity, and characters of one. */
export const MAX_AUDIENCES: number = 50;
export const MAX_AUDIENCE_CHARS: number = 512;
/** Scopes of an identity, and characters of one; the `scope` of a token stays below 16 KiB. */
export const MAX_SCOPES: number = 100;
export const MAX_SCOPE_CHARS: number = 128;
/** Seconds; the longest life of a subject token that a provider can be told to accept: Kubernetes issues tokens of a year. */
export const MAX_SUBJECT_TOKEN_LIFETIME_SECONDS: number = 31_536_000;
/** Rules of one role; they are answered with it. The next is refused with 409. */
export const MAX_RULES_PER_ROLE: number = 100;
/** Kinds of resources, or resources, that one rule of a role names, and characters of one. */
export const MAX_RULE_RESOURCES: number = 100;
export const MAX_RESOURCE_CHARS: number = 256;
/** Projects of one binding, and characters of one: as many as `project_id` may have. */
export const MAX_BINDING_PROJECTS: number = 100;
export const MAX_PROJECT_CHARS: number = 256;
/** Seconds from now that an access credential may live: 400 days, a year and time to replace it. */
export const MAX_CREDENTIAL_LIFETIME_SECONDS: number = 400 * 86_400;
/** Bytes of chance in the key of an access credential, which only has to be unique, and in its secret: 256 bits. */
export const CREDENTIAL_KEY_BYTES: number = 16;
export const CREDENTIAL_SECRET_BYTES: number = 32;
/** Objects in one page of a list; unmodified Go clients never ask for a second page, so the default is the most. */
export const MAX_LIST_LIMIT: number = 1_000;
/** Labels a list can be narrowed by; each is three of D1's 100 parameters. */
export const MAX_LABEL_FILTERS: number = 20;
/** Faults named in one answer; a body of 64 KiB can hold thousands. */
export const MAX_REPORTED_FAULTS: number = 50;
/** Times an update is tried again because another one came first, before the caller is asked to. */
export const MAX_UPDATE_ATTEMPTS: number = 10;
/** Audit events that a page searches at most where its index leaves filters open; the next page goes on behind them. D1 counts three rows for each. */
export const MAX_AUDIT_EVENTS_SEARCHED: number = 5_000;
/** Seconds that what was used or revoked is kept beyond its end: a clock that ran ahead by less forgets nothing that counts again when it is right. */
export const SWEEP_GRACE_SECONDS: number = 86_400;
/** Milliseconds a batch of statements may take; those of an exchange take a few. Twice this and the fetch of keys is what an exchange can last. */
export const STORAGE_TIMEOUT_MS: number = 5_000;
/** Milliseconds the rate limiter may take before a request goes on without it; it answers from its own place within a few. */
export const RATE_LIMITER_TIMEOUT_MS: number = 1_000;
/** Seconds after which a caller should try again where storage failed. */
export const STORAGE_RETRY_SECONDS: number = 5;
/** Rules of a provider that explaining looks at beyond those that an exchange considers: the oldest, and those next to the subject. */
export const MAX_EXPLAINED_OLDEST: number = 100;
export const MAX_EXPLAINED_NEIGHBOURS: number = 25;
