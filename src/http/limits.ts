// The bounds of requests and answers, each with its unit and its reason.

/** Seconds; `max-age` of the discovery document, the JWKS and the reference. A new key is published as long before it signs. */
export const PUBLIC_DOCUMENT_MAX_AGE_SECONDS = 300;
/** Seconds a client keeps to https after it was here: a year, as browsers' preload lists want it. */
export const STRICT_TRANSPORT_SECONDS = 31_536_000;
/** Random bytes of an access credential: its key only has to be unique, its secret has 256 bits. */
export const CREDENTIAL_KEY_BYTES = 16;
export const CREDENTIAL_SECRET_BYTES = 32;
/** Objects in one page of a list. Unmodified Go clients never ask for a second page, so this is also the default. */
export const MAX_LIST_LIMIT = 1_000;
/** Labels a list can be narrowed by; each is three of D1's 100 parameters. */
export const MAX_LABEL_FILTERS = 20;
/** Faults named in one answer; a body of 64 KiB can hold thousands. */
export const MAX_REPORTED_FAULTS = 50;
/** Times an update is tried again because another one came first, before the caller is asked to: 50 at once all get through. */
export const MAX_UPDATE_ATTEMPTS = 20;
/** Milliseconds that such an update waits at most, doubled each time: a write takes a few, and 50 of them well below a second. */
export const FIRST_RETRY_WAIT_MS = 10;
export const MAX_RETRY_WAIT_MS = 1_000;
/** Seconds after which a caller should try again that lost all of these races. */
export const LOST_RACE_RETRY_SECONDS = 1;
/** Milliseconds the rate limiter may take before a request goes on without it; it answers from its own place within a few. */
export const RATE_LIMITER_TIMEOUT_MS = 1_000;
/** Milliseconds of each check of /readyz, however many waits for storage it has: one wait is 5 s, and a monitor gives up soon after. */
export const READINESS_TIMEOUT_MS = 6_000;
/** Seconds after which a caller should try again if storage failed. */
export const STORAGE_RETRY_SECONDS = 5;
/** Characters of `lastFetchError`: an address and what was wrong there. */
export const MAX_FETCH_ERROR_CHARS = 1_000;
/** Seconds a client waits before it tries again, if nothing better is known. */
export const RETRY_AFTER_SECONDS = 10;
/** Characters of a value or name that a refusal quotes: whoever sends one chooses its length. */
export const MAX_QUOTED_CHARS = 100;
/** Faults that one sentence counts up; the others are in the list. */
export const MAX_FAULTS_IN_SENTENCE = 10;
/** Characters that a root token has at least: 128 random bits, whatever alphabet it is written in. */
export const MIN_ADMIN_TOKEN_CHARS = 32;
/** Claims that one refusal names; a rule may have fifty conditions. */
export const MAX_NAMED_CLAIMS = 5;
/** Characters of a token's audiences that an error quotes. */
export const MAX_SHOWN_AUDIENCE_CHARS = 200;
/** Tags of one key of Tailscale's form, and characters of one: all of them fit into one annotation. */
export const MAX_TAGS = 50;
export const MAX_TAG_CHARS = 80;
/** Identities in one page of the trust report: for each of them grants are read from D1 and, once archived, from objects in R2. */
export const MAX_REPORTED_IDENTITIES = 100;
/** Identities whose grants are read at once; a Worker has six connections. */
export const IDENTITIES_REPORTED_AT_ONCE = 3;
/** Newest grants of an identity that a report looks at, and grants of each look further back if there are more: ten a day for 90 days, some 2 MB with their claims. */
export const MAX_NEWEST_GRANTS = 1_000;
export const GRANTS_PER_LOOK_BACK = 200;
/** Pages of the audit log that are read for them: an identity's grants are searched for among those of its account. */
export const MAX_GRANT_PAGES = 3;
/** Grants and seconds after which a page of the report ends. A request may take 2 s of CPU, and what is begun by then takes a second more at most. */
export const MAX_EVENTS_PER_REPORT = 5_000;
export const MAX_REPORT_SECONDS = 1;
