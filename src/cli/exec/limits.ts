// Every number of `cambist exec`, with its unit and its reason.

/** Milliseconds for revoking one token at the end: the command's own result should not wait long. */
export const REVOKE_TIMEOUT_MS: number = 5_000;
/** Exit codes of a shell (POSIX.1-2024, XCU 2.8.2): found but not executable, not found, ended by a signal. */
export const NOT_EXECUTABLE: number = 126;
export const NOT_FOUND: number = 127;
export const ENDED_BY_SIGNAL: number = 128;
