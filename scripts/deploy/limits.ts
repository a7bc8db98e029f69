// Every number of deploying and removing, with its unit and its reason.

/** How long `/readyz` is asked before the deployment counts as not ready, in milliseconds: a new certificate takes minutes. */
export const READY_WITHIN_MS = 300_000;
/** Between two questions, in milliseconds: /readyz sheds load at 600 a minute. */
export const READY_POLL_MS = 3_000;
/** How long one answer may take, in milliseconds: a cold start with a far database takes seconds. */
export const READY_ANSWER_MS = 10_000;
/** Characters of a Worker's name: it is one label of a host name (RFC 1035 §2.3.4). */
export const MAX_WORKER_NAME_CHARS = 63;
/** Lines that are shown of wrangler's output when it fails: its errors stand at the beginning. */
export const SHOWN_OUTPUT_LINES = 25;
