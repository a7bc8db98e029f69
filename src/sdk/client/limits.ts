// Every number the client uses, with its unit and its reason; it has its own because strangers install it without the service.

/** Tries of one request, the first included: more would only delay the message that a person waits for. */
export const MAX_TRIES: number = 4;
/** Milliseconds one try may take by default, its body included; a cold exchange that fetches an issuer's keys takes up to 5 s. */
export const DEFAULT_TIMEOUT_MS: number = 10_000;
/** Milliseconds; the longest timeout that can be asked for. */
export const MAX_TIMEOUT_MS: number = 120_000;
/** Milliseconds before the second try, doubled for each further one; half of it is random, so that many jobs do not come back together. */
export const FIRST_BACKOFF_MS: number = 500;
/** Seconds of a `retry-after` that are waited for; a longer one is left to the caller, who sees it in the error. */
export const MAX_RETRY_AFTER_SECONDS: number = 30;

/** Bytes of an answer; a token of 16 KiB and its members stay far below. */
export const MAX_ANSWER_BYTES: number = 64 * 1024;
/** Seconds a token lives at most, if it is one of a deployment: those give a day, and beyond the last date nothing can be counted. */
export const MAX_EXPIRES_IN_SECONDS: number = 366 * 86_400;
/** Characters of a description taken from an answer. */
export const MAX_DESCRIPTION_CHARS: number = 500;
/** Characters of a request id taken from an answer; ours have 36. */
export const MAX_REQUEST_ID_CHARS: number = 128;

/** Part of a token's lifetime, counted from its end, in which a source renews it. */
export const EARLY_REFRESH_SHARE: number = 0.2;
/** Seconds; the longest such part, for long-lived tokens. */
export const MAX_EARLY_REFRESH_SECONDS: number = 300;
/** Part of the early refresh that is random, so that many processes started together do not renew together. */
export const EARLY_REFRESH_JITTER: number = 0.25;
/** Seconds before its end from which a token counts as expired: it has to reach the API and be checked there. */
export const EXPIRY_MARGIN_SECONDS: number = 10;
/** Seconds a source waits after an early refresh failed, while the token that it holds is still good. */
export const FAILED_REFRESH_PAUSE_SECONDS: number = 15;
/** Milliseconds between two looks at an exchange that another request of the same isolate is making. */
export const FLIGHT_POLL_MS: number = 10;
/** Milliseconds after which such an exchange counts as lost, because its request was ended: four tries of the default timeout, and the waits between. */
export const FLIGHT_LEASE_MS: number = 60_000;
