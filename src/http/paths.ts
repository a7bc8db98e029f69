// The paths that more than one file names.

/** OIDC Discovery 1.0 §3 requires an authorization endpoint; ours serves no response type. */
export const AUTHORIZATION_PATH = '/oidc/authorize';
