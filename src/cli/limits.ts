// Every number the command line waits, retries or measures by, with its unit and its reason.

type NodeLine = readonly [major: number, minor: number];
/** The versions of Node.js from which on its agents know proxies, the newest line first. */
export const PROXY_NODES: readonly [NodeLine, NodeLine] = [
  [24, 5],
  [22, 21],
];
/** Milliseconds one request to the service may take; an exchange that fetches an issuer's keys takes up to 5 s. */
export const REQUEST_TIMEOUT_MS: number = 20_000;
/** Times a request is sent when the service is busy or unreachable and repeating does no harm. */
export const MAX_REQUEST_ATTEMPTS: number = 4;
/** Milliseconds before the first repetition; doubled each time, with jitter. */
export const FIRST_RETRY_MS: number = 250;
/** Milliseconds a `retry-after` is obeyed up to; somebody is waiting at the terminal. */
export const LONGEST_RETRY_MS: number = 10_000;
/** Characters of somebody's text that is quoted. */
export const MAX_QUOTED_CHARS: number = 200;
/** Objects asked for in one page of a list; the service allows no more. */
export const LIST_PAGE: number = 1_000;
/** Bytes of a token in a file or on stdin; the service accepts 16 KiB. */
export const MAX_TOKEN_BYTES: number = 16 * 1024;
/** Milliseconds for a look at somebody else's API (GitHub, a cluster). */
export const LOOKUP_TIMEOUT_MS: number = 5_000;
/** Bytes of a declared configuration; a thousand identities with their comments are about 500 KiB. */
export const MAX_CONFIGURATION_BYTES: number = 4 * 1024 * 1024;
/** Lists and maps in each other in a file; an expression of conditions needs fewer than ten. */
export const MAX_NESTING: number = 64;
/** Faults of a file that are shown at once; the rest are usually the same mistake again. */
export const MAX_SHOWN_FAULTS: number = 50;
/** Milliseconds between two looks for new audit events while following them. */
export const FOLLOW_INTERVAL_MS: number = 2_000;
/** Seconds that each look goes back behind the newest event: longer than a request takes from its clock reading to its write. */
export const FOLLOW_OVERLAP_SECONDS: number = 30;
/** Audit events shown if no number is asked for. */
export const SHOWN_EVENTS: number = 50;
/** Seconds two clocks may differ before the doctor warns; the service tolerates 60. */
export const NOTED_CLOCK_SKEW_SECONDS: number = 15;
export const MAX_CLOCK_SKEW_SECONDS: number = 60;
/** Rules that `explain` prints of those that do not accept a token: the nearest; more would hide what matters. */
export const MAX_SHOWN_RULES: number = 3;
/** Seconds that a key may sign before the doctor asks for a rotation: half a year. */
export const OLD_KEY_SECONDS: number = 180 * 86_400;
/** Share of what D1 can hold from which on the doctor warns, as /readyz does. */
export const FULL_DATABASE_SHARE: number = 0.8;
/** Seconds the archive may be behind: its hourly run may fail a few times. */
export const NOTED_ARCHIVE_LAG_SECONDS: number = 6 * 3_600;
/** Archived objects that are downloaded at once while a chain is verified. */
export const DOWNLOADS_AT_ONCE: number = 6;
/** Bytes of an archived object, unpacked: many times what one holds, so that one which was put in its place does not fill the memory. */
export const MAX_UNPACKED_OBJECT_BYTES: number = 64 * 1024 * 1024;
/** Milliseconds that a deployment may take while a shell completes a word: somebody waits with a finger on the key. */
export const LOOK_UP_TIMEOUT_MS: number = 1_500;
/** Objects that a shell gets to complete with; the service gives no more in one page. */
export const LOOK_UP_OBJECTS: number = 1_000;
/** Characters of the description beside a completed word, so that it stays one line. */
export const LONGEST_DESCRIPTION_CHARS: number = 60;
/** Bytes of a file that are read at once. */
export const FILE_CHUNK_BYTES: number = 64 * 1024;
/** Milliseconds between two looks at a pipe that has nothing yet. */
export const PIPE_LOOK_MS: number = 20;
/** Milliseconds that the writer of a pipe may take; it may be a program that asks a platform. */
export const PIPE_TIMEOUT_MS: number = 30_000;
/** Milliseconds that the command which prints a token may take: it may ask a person for a password. */
export const TOKEN_COMMAND_TIMEOUT_MS: number = 120_000;
/** Lists that an export asks for at once: each account has one of its credentials, and 500 one after the other take long. */
export const LISTS_AT_ONCE: number = 10;
