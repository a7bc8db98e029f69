// Numbers of the credential helpers.

/** Seconds before its end at which the kubelet drops a token: a pull that has begun can still finish. */
export const KUBELET_MARGIN_SECONDS = 60;
