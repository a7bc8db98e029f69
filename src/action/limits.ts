// Every number of the Action, with its unit and its reason.

/** Seconds; AWS gives a role for no less (AssumeRoleWithWebIdentity, DurationSeconds). */
export const MIN_ROLE_SECONDS: number = 900;
/** Seconds; AWS gives a role for no more. */
export const MAX_ROLE_SECONDS: number = 43_200;
/** Seconds; the service issues no token for less. */
export const MIN_LIFETIME_SECONDS: number = 60;
/** Milliseconds that a request under way may still take after a job was cancelled; the runner kills the step after 7,500. */
export const CANCELLED_GRACE_MS: number = 4_000;
/** Milliseconds that one try to revoke may take; at the end of a job somebody waits for it. */
export const REVOKE_TIMEOUT_MS: number = 5_000;
/** Bytes of a credentials file of ours; a token of 16 KiB and its keys stay far below. */
export const MAX_CREDENTIALS_BYTES: number = 64 * 1024;
