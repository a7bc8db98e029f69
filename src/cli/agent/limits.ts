// Every number of the agent and of `cambist exec`, with its unit and its reason.

/** Part of a lifetime after which a token is renewed: a third is left for outages. */
export const RENEW_SHARE: number = 2 / 3;
/** Part of that time by which a renewal may come earlier, so that many agents started together do not come back together. */
export const RENEW_JITTER: number = 0.1;
/** Milliseconds between two renewals at least, whatever the clocks say: one that runs away must not flood the service. */
export const SHORTEST_RENEWAL_MS: number = 1_000;
/** Milliseconds between two looks at the clocks: a stepped clock and a machine that slept are noticed after as long. */
export const CLOCK_LOOK_MS: number = 5_000;
/** Milliseconds before the second try, doubled for each further one; each exchange has made tries of its own before. */
export const FIRST_BACKOFF_MS: number = 1_000;
/** Milliseconds between two tries at most while the trouble may pass by itself. */
export const LONGEST_BACKOFF_MS: number = 60_000;
/** Milliseconds between two tries at most when readers have no good token left, or nearly none. */
export const URGENT_BACKOFF_MS: number = 10_000;
/** Milliseconds after a refusal: only an operator changes that, and each try is an audit event. */
export const FIRST_REFUSED_BACKOFF_MS: number = 30_000;
/** Milliseconds between two tries at most after refusals. */
export const LONGEST_REFUSED_BACKOFF_MS: number = 300_000;
/** Seconds a `retry-after` is obeyed up to; a longer one is a mistake. */
export const LONGEST_RETRY_AFTER_SECONDS: number = 3_600;
/** Outputs of one agent: each makes exchanges of its own, and the service limits them by address. */
export const MAX_OUTPUTS: number = 64;
/** Bytes of a template: a file of settings is far below. */
export const MAX_TEMPLATE_BYTES: number = 256 * 1024;
/** Bytes of a file that an output replaces and that are looked through for somebody else's settings; a large kubeconfig has 1 MB. */
export const MAX_REPLACED_BYTES: number = 4 * 1024 * 1024;
/** Bytes of a file with the number of a process. */
export const MAX_PID_FILE_BYTES: number = 1_024;
/** Milliseconds that a command run on a change may take. */
export const COMMAND_TIMEOUT_MS: number = 60_000;
/** Milliseconds between SIGTERM and SIGKILL for a command; Kubernetes gives the whole pod 30 s. */
export const KILL_AFTER_MS: number = 5_000;
/** Milliseconds that the end waits for a file that is just being written. */
export const END_GRACE_MS: number = 2_000;
/** Connections to /healthz at once. */
export const MAX_HEALTH_CONNECTIONS: number = 32;
/** Milliseconds for a request to /healthz to arrive. */
export const HEALTH_REQUEST_MS: number = 5_000;
/** Milliseconds that the end takes at most, what was started included. */
export const LONGEST_END_MS: number = 9_000;
