// Every number of the token sources, with its unit and its reason.

/** Milliseconds for all metadata services together, if nothing else says where this runs. */
export const PROBE_TIMEOUT_MS: number = 280;
/** Tries in all; GitHub's own toolkit makes as many. */
export const PLATFORM_ATTEMPTS: number = 4;
/** Milliseconds before the second try, at most; doubled for each further one. */
export const PLATFORM_FIRST_RETRY_MS: number = 500;
/** Milliseconds a platform's `retry-after` is obeyed up to. */
export const PLATFORM_LONGEST_RETRY_MS: number = 10_000;
/** Characters of an ID token: the service refuses longer ones. */
export const MAX_ID_TOKEN_CHARS: number = 16 * 1024;
/** Bytes of a file with an ID token; the service refuses tokens of more than 16 KiB. */
export const MAX_SOURCE_FILE_BYTES: number = 64 * 1024;
/** Milliseconds a platform's program may take; it makes tries of its own. */
export const PROGRAM_TIMEOUT_MS: number = 60_000;
