// The bounds of our own keys, each with its unit and its reason.

/** Seconds an isolate publishes keys without reading their states anew: a flood of fetches costs one read, and an emergency is seen this soon. */
export const PUBLISHED_KEYS_SECONDS = 5;
