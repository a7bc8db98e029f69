// Reads a bearer credential of a request (RFC 6750 §2.1) and compares it with the root token; it decides nothing else.

import { isSameDigest, sha256 } from '../token/digest.ts';
import { MAX_TOKEN_CHARS } from '../token/limits.ts';
import { MAX_SHOWN_AUDIENCE_CHARS } from './limits.ts';

/** The credential after `Bearer` or `Token`; null if the header is absent, of another scheme, damaged or too long. */
export function bearerOf(request: Request): string | null {
  const [, token] = /^(?:Bearer|Token) +([\x21-\x7e]+)$/i.exec(request.headers.get('authorization') ?? '') ?? [];
  return token === undefined || token.length > MAX_TOKEN_CHARS ? null : token;
}

/** Why a token of ours does not open this service. Its holder reads it, so its audience may be named (RFC 9068 §4, RFC 8725 §3.9). */
export function otherAudience({ audiences }: { readonly audiences: readonly string[] }, issuerUrl: string): string {
  return `the token is for another audience (aud ${audiences.join(' ').slice(0, MAX_SHOWN_AUDIENCE_CHARS)}): request one with audience=${issuerUrl}`;
}

/** Compares digests, so that the time it takes tells nothing about the token, not even its length. */
export async function isRootToken(given: string, expected: string | null): Promise<boolean> {
  if (expected === null || expected === '') return false;
  const [left, right] = await Promise.all([sha256(given), sha256(expected)]);
  return isSameDigest(left, right);
}
