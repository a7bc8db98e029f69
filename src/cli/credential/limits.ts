// Numbers of the credential helpers.

/** Seconds before its end at which the kubelet drops a token: a pull that has begun can still finish. */
export const KUBELET_MARGIN_SECONDS = 60;
/** Characters of the kubelet's request: a token has up to 16 KiB, and the annotations of an account have 256 KiB at most. */
export const MAX_KUBELET_REQUEST_CHARS = 1024 * 1024;
