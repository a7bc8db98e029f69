// Every number of `cambist exec`, with its unit and its reason.

/** Part of a token's life, counted from its end, in which its file is renewed. */
export const RENEW_SHARE: number = 0.2;
/** Seconds; the longest such part, for long-lived tokens. */
export const LONGEST_RENEW_SECONDS: number = 300;
/** Seconds between two tries to renew while the old token is still good. */
export const RENEW_AGAIN_SECONDS: number = 10;
/** Milliseconds for revoking one token at the end: the command's own result should not wait long. */
export const REVOKE_TIMEOUT_MS: number = 5_000;
/** Exit codes of a shell (POSIX.1-2024, XCU 2.8.2): found but not executable, not found, ended by a signal. */
export const NOT_EXECUTABLE: number = 126;
export const NOT_FOUND: number = 127;
export const ENDED_BY_SIGNAL: number = 128;
