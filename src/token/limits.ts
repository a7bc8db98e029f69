// The bounds of what is read of a token, each with its unit and its reason.

/** Characters of a compact JWT; the largest platform tokens are about 4 KiB. Checked before any decoding. */
export const MAX_TOKEN_CHARS = 16 * 1024;
/** Characters of the encoded JOSE header; real ones are below 300. */
export const MAX_HEADER_CHARS = 4 * 1024;
/** Nesting of JSON inside a token; Kubernetes, the deepest platform, needs 3. */
export const MAX_JSON_DEPTH = 32;
/** Characters of a `kid`; published ones are below 100. */
export const MAX_KID_CHARS = 512;
/** Characters of a token's `iss`, and of a `spiffe://` subject read in its place; registered issuers are shorter still. */
export const MAX_TOKEN_ISSUER_CHARS = 2_048;
/** Seconds of clock difference tolerated on `exp`, `nbf` and `iat` (RFC 7519 §4.1.4 "a few minutes" at most). */
export const CLOCK_SKEW_SECONDS = 60;
/** Bits of an RSA modulus, least and most (RFC 7518 §3.3; above it a signature check is a denial of service). */
export const MIN_RSA_BITS = 2_048;
/** Characters of an issuer or of the address of its keys. */
export const MAX_ISSUER_CHARS = 512;
