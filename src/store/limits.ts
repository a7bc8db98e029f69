// The bounds of storage: waits, sweeps and what is counted, each with its unit and its reason.

/** Seconds; equal refusals within this window are one audit event with a count. */
export const REFUSAL_COLLAPSE_SECONDS = 60;
/** Distinct refusals per organisation and window that get an audit event of their own. 60 is one per second; the hourly sweep can delete a day of that in a day. */
export const MAX_DISTINCT_REFUSALS = 60;
/** Requests by which one counted event is found; beyond it they are only counted. A matrix of a CI system has at most 256 jobs. */
export const MAX_REQUESTS_PER_EVENT = 500;
/** Seconds that used and revoked tokens are kept after they expire, so that a sweep run by a clock up to a day fast deletes nothing that is still needed. */
export const SWEEP_GRACE_SECONDS = 86_400;
/** Milliseconds a batch of statements may take; an exchange's take a few. An exchange can last twice this and the fetch of keys. */
export const STORAGE_TIMEOUT_MS = 5_000;
/** Rules of a provider that explaining looks at beyond those that an exchange considers: the oldest, and those next to the subject. */
export const MAX_EXPLAINED_OLDEST = 100;
export const MAX_EXPLAINED_NEIGHBOURS = 25;
/** Days an audit event is kept if the deployment does not say: a year and time to look back at it. */
export const DEFAULT_AUDIT_RETENTION_DAYS = 400;
/** Days an audit event can be kept: ten years, beyond which a setting is a typing error. */
export const MAX_AUDIT_RETENTION_DAYS = 3_650;
/** Rows of a table that one run of the sweep deletes: what one D1 statement does in well below its time limit. */
export const SWEPT_ROWS_PER_RUN = 5_000;
/** Accounts named in a refusal: enough to see whose they are, in one sentence. */
export const MAX_FOREIGN_ACCOUNTS_NAMED = 3;
/** Issuers of an organisation that an unregistered one is compared with, to say which of them it nearly is. */
export const MAX_COMPARED_ISSUERS = 1_000;
/** Bytes that one D1 database can hold, on a paid plan. */
export const MAX_DATABASE_BYTES = 10_000_000_000;
/** Seconds after which an event no longer changes: the minute in which equal refusals are counted in it, and a slow write. */
export const METRICS_SETTLED_SECONDS = 120;
/** Seconds of events that one scrape adds up, so that it reads a bounded number of index rows: 600,000 at a thousand a second. */
export const METRICS_SLICE_SECONDS = 600;
/** Seconds that a scrape looks back if nobody scraped for longer: older events are never counted. */
export const METRICS_CATCH_UP_SECONDS = 86_400;
/** Failing issuers that are counted; beyond it the number says nothing more. */
export const METRICS_MAX_COUNTED = 10_000;
