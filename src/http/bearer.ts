// Reads a bearer credential of a request (RFC 6750 §2.1) and compares it with the root token; what it may do is decided elsewhere.

import { isSameDigest, sha256 } from '../token/digest.ts';
import { MAX_TOKEN_CHARS } from '../token/limits.ts';

/** The credential after `Bearer` or `Token`; null where the header is absent, of another scheme, damaged or too long. */
export function bearerOf(request: Request): string | null {
  const [, token] = /^(?:Bearer|Token) +([\x21-\x7e]+)$/i.exec(request.headers.get('authorization') ?? '') ?? [];
  return token === undefined || token.length > MAX_TOKEN_CHARS ? null : token;
}

/** Compares digests, so that the time it takes tells nothing about the token, not even its length. */
export async function isRootToken(given: string, expected: string | null): Promise<boolean> {
  if (expected === null || expected === '') return false;
  const [left, right] = await Promise.all([sha256(given), sha256(expected)]);
  return isSameDigest(left, right);
}
