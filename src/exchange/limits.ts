// The bounds of one exchange, each with its unit and its reason.

/** Accounts whose roles one exchange reads: the one that is granted, and those of shadow rules that would have granted. */
export const MAX_ACCOUNTS_WITH_ROLES = 10;
/** Accounts whose roles one explanation reads, if a project is asked for. */
export const MAX_EXPLAINED_ACCOUNTS = 50;
/** Times that the facts of one exchange are read because a provider reads the subject from another claim than was known. */
export const MAX_FACT_READS = 3;
/** Seconds an issued token's `nbf` lies before its `iat`, for verifiers whose clock is behind ours. */
export const NOT_BEFORE_LEEWAY_SECONDS = 60;
/** Seconds; an access credential's token never lives longer. */
export const MAX_CREDENTIAL_TOKEN_LIFETIME_SECONDS = 3_600;
/** Pattern rules considered if the caller names no account; beyond it the caller is told to name one. */
export const MAX_PATTERN_RULES_WITHOUT_ACCOUNT = 200;
/** Exact rules on one subject considered if the caller names no account; the same bound, for the same reason. */
export const MAX_EXACT_RULES_WITHOUT_ACCOUNT = 200;
/** Decisions from facts read now, each made because the rules had changed when the one before was written. */
export const MAX_FRESH_DECISIONS = 5;
/** Exchanges whose facts an isolate keeps: as many pipelines as one place serves in a quarter of an hour. */
export const MAX_KEPT_FACTS = 5_000;
/** Characters of the rows that those facts were read from; as objects they take some times as much of the isolate's 128 MB. */
export const MAX_KEPT_FACTS_CHARS = 8_000_000;
/** Lookups for which an isolate remembers that the issuer's subject is not in `sub`; beyond it they are learnt anew. */
export const MAX_KEPT_SUBJECT_CLAIMS = 500;
/** Characters of a value that a refusal quotes; the longest real subjects and claims stay below. */
export const MAX_QUOTED_CHARS = 300;
/** Characters of an identifier that a refusal quotes: whoever sends one chooses its length. */
export const MAX_QUOTED_NAME_CHARS = 100;
/** Bytes of a token's claims that its audit event keeps, as JSON: more than any platform sends, and a quarter of what a token may have. */
export const MAX_RECORDED_CLAIMS_BYTES = 4_096;
/** Names of left out claims that the event lists, and their bytes; whoever makes a token chooses both. */
export const MAX_OMITTED_NAMES = 50;
export const MAX_OMITTED_NAMES_BYTES = 400;
/** Characters of a subject that the event keeps beside its claims; it stands in the event's row more than once. */
export const MAX_RECORDED_SUBJECT_CHARS = 256;
/** Characters of what a request asked for that its audit event keeps; a caller could fill the log with 64 KiB of scopes. */
export const MAX_RECORDED_ASKED_CHARS = 512;
/** Rules that one sentence names: those of other accounts that accept the token, or those whose expressions cost most. */
export const MAX_NAMED_RULES = 3;
