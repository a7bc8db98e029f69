// Every number the resource server uses, with its unit and its reason; it has its own because strangers install it without the service.

/** Characters of an access token; a deployment issues none that is longer. Checked before any decoding. */
export const MAX_TOKEN_CHARS: number = 16 * 1024;
/** Characters of a `kid`; ours are below 100. */
export const MAX_KID_CHARS: number = 512;
/** Seconds of clock difference tolerated on `exp`, `nbf` and `iat` by default, and at most (RFC 9068 §4 "no more than a few minutes"). */
export const DEFAULT_CLOCK_SKEW_SECONDS: number = 60;
export const MAX_CLOCK_SKEW_SECONDS: number = 300;

/** Seconds keys are used without asking again: the `max-age` of the JWK Set, held between these two. A withdrawn key stops here. */
export const MIN_KEYS_FRESH_SECONDS: number = 30;
export const MAX_KEYS_FRESH_SECONDS: number = 300;
/** Seconds keys are used beyond that while the deployment cannot be reached, so that its outage is not everybody's. */
export const MAX_KEYS_STALE_SECONDS: number = 3_600;
/** Seconds between two refreshes that tokens with an unknown `kid` provoke, after failures too, so that random tokens cost nothing. */
export const UNKNOWN_KID_COOLDOWN_SECONDS: number = 30;
/** Seconds between two attempts to reach a deployment that failed. */
export const FAILED_FETCH_COOLDOWN_SECONDS: number = 5;
/** Milliseconds for one document or one question to the deployment. */
export const FETCH_TIMEOUT_MS: number = 5_000;
/** Bytes of a document of the deployment; a JWK Set of 200 keys has about 100 KiB. */
export const MAX_DOCUMENT_BYTES: number = 256 * 1024;
/** Keys of a JWK Set that are looked at. */
export const MAX_KEYS: number = 200;
/** Issuers whose keys are remembered if the caller holds none itself; an API trusts one, perhaps two. */
export const MAX_REMEMBERED_ISSUERS: number = 20;

/** Characters of a project as a request may name it. */
export const MAX_PROJECT_CHARS: number = 256;
/** Seconds an account's permissions are remembered by default, and at most: so long a withdrawn role still counts. */
export const DEFAULT_PERMISSIONS_FRESH_SECONDS: number = 30;
export const MAX_PERMISSIONS_FRESH_SECONDS: number = 300;
/** Tokens whose permissions are remembered; the oldest goes first. */
export const MAX_REMEMBERED_PERMISSIONS: number = 1_000;
/** Seconds a client is asked to wait if the deployment cannot be asked. */
export const RETRY_AFTER_SECONDS: number = 5;
/** Seconds anybody may keep the metadata of a resource: long enough to spare an API the question, short enough for a move to show. */
export const METADATA_MAX_AGE_SECONDS: number = 300;
/** Seconds a browser may remember that it may read the metadata from anywhere; a day is what the strictest browsers allow. */
export const PREFLIGHT_MAX_AGE_SECONDS: number = 86_400;
