// The bounds of one exchange, each with its unit and its reason.

/** Seconds an issued token's `nbf` lies before its `iat`, for verifiers whose clock is behind ours. */
export const NOT_BEFORE_LEEWAY_SECONDS = 60;
/** Seconds; an access credential's token never lives longer. */
export const MAX_CREDENTIAL_TOKEN_LIFETIME_SECONDS = 3_600;
/** Pattern rules considered if the caller names no account; beyond it the caller is told to name one. */
export const MAX_PATTERN_RULES_WITHOUT_ACCOUNT = 200;
/** Exact rules on one subject considered if the caller names no account; the same bound, for the same reason. */
export const MAX_EXACT_RULES_WITHOUT_ACCOUNT = 200;
/** Seconds; a use of an identity so soon after the one written is not written: a busy job would write its row at every exchange. */
export const LAST_USED_RESOLUTION_SECONDS = 60;
/** Characters of a value that a refusal quotes; the longest real subjects and claims stay below. */
export const MAX_QUOTED_CHARS = 300;
/** Characters of an identifier that a refusal quotes: whoever sends one chooses its length. */
export const MAX_QUOTED_NAME_CHARS = 100;
/** Characters of what a request asked for that its audit event keeps; a caller could fill the log with 64 KiB of scopes. */
export const MAX_RECORDED_ASKED_CHARS = 4_096;
/** Rules that one sentence names: those of other accounts that accept the token, or those whose expressions cost most. */
export const MAX_NAMED_RULES = 3;
