// The bounds of the console, each with its unit and its reason.

/** Seconds that a session lasts at most (contract §11): who leaves a browser open is signed out within the hour. */
export const MAX_SESSION_SECONDS = 3_600;
/** Seconds that a session must still have when it begins, or the first form would find it over. */
export const MIN_SESSION_SECONDS = 60;
/** Bytes of the cookie's name, value and attributes: what browsers keep for sure (RFC 6265 §6.1). */
export const MAX_COOKIE_BYTES = 4_096;
/** Characters of a person's name in audit events; an address of e-mail has at most 254. */
export const MAX_PERSON_CHARS = 254;
/** Characters of what was typed that an expired session keeps; the largest form, a rule, has a few thousand. */
export const MAX_KEPT_CHARS = 32_768;
/** Seconds that a browser keeps the style sheet, whose name changes with its content: a year, the longest that is usual. */
export const ASSET_MAX_AGE_SECONDS = 31_536_000;
/** Events on one page of the activity: what a person scans before filtering. */
export const EVENTS_PER_PAGE = 50;
/** Events that the overview shows of what happened last. */
export const RECENT_EVENTS = 8;
/** Days after which a key that signs is shown as old; what the service recommends for KEY_ROTATION_DAYS is shorter. */
export const OLD_KEY_DAYS = 180;
/** Objects on one page of a list: what a person scans before filtering. */
export const LISTED_PER_PAGE = 50;
/** Objects that a field offers to choose from; with more of them it asks for an identifier instead. */
export const MAX_CHOICES = 200;
/** Characters of claims, as an address encodes them, that a link to a new rule carries: the whole address stays below 16 KB. */
export const MAX_CARRIED_CLAIMS_CHARS = 10_000;
/** Seconds after which a page that waits asks again: soon enough to feel live, and 12 requests a minute. */
export const REFRESH_SECONDS = 5;

/** Rules of one page of the trust report: each costs some milliseconds, since its recorded grants are read and decided again. */
export const REPORTED_RULES = 10;
