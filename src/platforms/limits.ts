// Every number of the platforms' own ways, with its unit and its reason.

/** Seconds of an EC2 metadata session; it is used at once. */
export const EC2_SESSION_SECONDS: number = 60;
/** Seconds an AWS token lives: it is exchanged at once. */
export const AWS_TOKEN_SECONDS: number = 300;
/** Milliseconds one try of a request to a platform may take; they answer within one second. */
export const PLATFORM_TIMEOUT_MS: number = 5_000;
/** Bytes of an answer; the largest real ones are below 8 KiB. */
export const MAX_PLATFORM_ANSWER_BYTES: number = 64 * 1024;
/** Characters of a program's or platform's complaint that are quoted. */
export const MAX_COMPLAINT_CHARS: number = 200;
/** Seconds that a cluster may take to answer kubectl. */
export const KUBECTL_REQUEST_SECONDS: number = 5;
