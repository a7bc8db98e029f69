// The bounds of our own keys, each with its unit and its reason.

/** Seconds an isolate publishes keys without reading their states anew: a flood of fetches costs one read in it, and a verifier that fetches for a key of an emergency finds it. */
export const PUBLISHED_KEYS_SECONDS = 1;
/** Bits of an RSA key that the service makes: what every cloud accepts and a Worker makes in some 150 ms. */
export const RSA_MODULUS_BITS = 2_048;
/** Bytes of the nonce of AES-GCM (NIST SP 800-38D §8.2.2): by chance, so safe for far more keys than are ever sealed. */
export const SEAL_NONCE_BYTES = 12;
/** Seconds between two attempts of an isolate to make keys that are lacking: one makes them in far less, and a failing D1 is spared. */
export const MAKE_KEYS_EVERY_SECONDS = 30;
/** Milliseconds before an isolate makes them: the answer that it gives, which waits for one write, goes first, since RSA holds up all of it. */
export const MAKE_KEYS_AFTER_MS = 100;
