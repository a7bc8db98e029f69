// The bounds of storage: waits, sweeps and what is counted, each with its unit and its reason.

/** Seconds; equal refusals within this window are one audit event with a count. */
export const REFUSAL_COLLAPSE_SECONDS = 60;
/** Distinct refusals per organisation and window that get an audit event of their own. 60 is one per second; the hourly sweep can delete a day of that in a day. */
export const MAX_DISTINCT_REFUSALS = 60;
/** Seconds; a use of an identity or credential so soon after the one written is not written: a busy job would write its row at every exchange. */
export const LAST_USED_RESOLUTION_SECONDS = 60;
/** Identities of which an isolate remembers when their last use was written; beyond it D1 is asked once more. */
export const MAX_KEPT_LAST_USES = 5_000;
/** Seconds in which the events of an organisation's grants are measured together. */
export const EVENT_WINDOW_SECONDS = 60;
/** Characters of claims, of what was asked and of subjects that an organisation's grants bring to D1 whole in one isolate and minute: a thousand ordinary ones. */
export const MAX_EVENT_CHARS_PER_WINDOW = 1_000_000;
/** Grants of an organisation in a minute that are not measured: at 16 KiB of a token each, they stay near that bound. */
export const UNMEASURED_EVENTS = 60;
/** Characters of an actor, and of what was asked for, that an event keeps beyond that bound: those of ordinary ones. */
export const MAX_SHORT_VALUE_CHARS = 128;
/** Organisations whose grants an isolate measures at once; beyond it all are measured anew. */
export const MAX_WATCHED_ORGANISATIONS = 1_000;
/** Requests by which one counted event is found; beyond it they are only counted. A matrix of a CI system has at most 256 jobs. */
export const MAX_REQUESTS_PER_EVENT = 500;
/** Seconds that used and revoked tokens are kept after they expire, so that a sweep run by a clock up to a day fast deletes nothing that is still needed. */
export const SWEEP_GRACE_SECONDS = 86_400;
/** Milliseconds a batch of statements may take; an exchange's take a few. An exchange can last twice this and the fetch of keys. */
export const STORAGE_TIMEOUT_MS = 5_000;
/** Rules of a provider that explaining looks at beyond those that an exchange considers: the oldest, and those next to the subject. */
export const MAX_EXPLAINED_OLDEST = 100;
export const MAX_EXPLAINED_NEIGHBOURS = 25;
/** Seconds of a day, in which retention is counted. */
export const SECONDS_PER_DAY = 86_400;
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
/** Days an audit event stays in D1 before it is archived, if the deployment does not say: what is mostly looked at. */
export const DEFAULT_AUDIT_HOT_DAYS = 30;
/** Milliseconds R2 may take to write an object and give it back, or to read one; they have some 100 KB. */
export const ARCHIVE_TIMEOUT_MS = 20_000;
/** Events of one object of the archive: what a Worker packs, and a list unpacks, in a tenth of a second of CPU. */
export const MAX_ARCHIVED_EVENTS = 2_000;
/** Bytes of the events of one object, unpacked; a larger event has an object of its own. A Worker's memory is 128 MB. */
export const MAX_ARCHIVED_BYTES = 4 * 1024 * 1024;
/** Bytes that an event counts besides its longest members, and that each further request of a counted one counts: at most 10,000 rows are deleted for an object. */
export const ARCHIVED_EVENT_BYTES = 600;
export const ARCHIVED_REQUEST_BYTES = 400;
/** Seconds between the first and the last event of one object, so that the objects of a time are found without a look at all. */
export const MAX_ARCHIVED_SPAN_SECONDS = 86_400;
/** Objects that one run archives, a minute or two of waiting for D1 and R2; and their events, about a second of CPU. What is left waits for the next run. */
export const MAX_OBJECTS_PER_RUN = 100;
export const MAX_EVENTS_PER_RUN = 20_000;
/** Objects past their retention that one run deletes. */
export const MAX_OBJECTS_DELETED_PER_RUN = 100;
/** Values of one kind, such as subjects, that an object's entry tells apart; beyond it the entry says "any". */
export const MAX_ARCHIVE_TAGS_PER_KIND = 100;
/** Characters of a tag, 48 bits: two of a thousand values have the same one in one case of 500 million. */
export const ARCHIVE_TAG_CHARS = 8;
/** Entries of the archive that a page of a list goes through at most; the next page goes on behind them. */
export const MAX_ENTRIES_SEARCHED = 1_000;
/** Objects that a page of a list reads at most, and at once: a day of an organisation with few events; a Worker has six connections. */
export const MAX_OBJECTS_READ = 24;
export const OBJECTS_READ_AT_ONCE = 6;
/** Entries that are looked at, and objects that are read, to find an event or a request by its id: its own is the first, unless clocks differed. */
export const MAX_ENTRIES_OF_AN_ID = 64;
export const MAX_OBJECTS_OF_AN_ID = 8;
/** Milliseconds around the first request of a counted event in which the ids of the others were made: the window, and clocks that differ. */
export const COUNTED_REQUESTS_BEFORE_MS = 90_000;
export const COUNTED_REQUESTS_AFTER_MS = 90_000;
/** The part of a database that is worth a warning when it is used: there is still time to act. */
export const FILLING_DATABASE_SHARE = 0.8;
/** Events that the overview counts in one step of time, of all and of each outcome; a step beyond it is shown as "more". */
export const MAX_COUNTED_PER_STEP = 5_000;
/** The newest refusals that are counted by reason, each of which is read. */
export const MAX_REFUSALS_BY_REASON = 1_000;
/** Failing providers, of all organisations, among which those of one are looked for, and how many of those are shown. */
export const MAX_FAILING_SEARCHED = 1_000;
export const MAX_FAILING_SHOWN = 10;
