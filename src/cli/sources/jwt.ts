// Reads an ID token's claims to choose and to advise; trusts nothing and verifies nothing.

import { MAX_ID_TOKEN_CHARS } from './limits.ts';

export interface TokenClaims {
  readonly issuer: string | null;
  readonly audiences: readonly string[];
  readonly subject: string | null;
  /** Seconds since 1970. */
  readonly expiresAt: number | null;
}

/** Whether a text has the form of a compact JWS (RFC 7515 §3.1) that the service would look at. */
export function isCompactJwt(text: string): boolean {
  return text.length <= MAX_ID_TOKEN_CHARS && /^[\w-]+\.[\w-]+\.[\w-]+$/.test(text);
}

/** The claims that matter here; null if the text is no JWT. */
export function readClaims(token: string): TokenClaims | null {
  if (!isCompactJwt(token)) return null;
  let claims: unknown;
  try {
    claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
  } catch {
    return null;
  }
  if (typeof claims !== 'object' || claims === null || Array.isArray(claims)) return null;
  const { iss, aud, sub, exp } = claims as Record<string, unknown>;
  return {
    issuer: typeof iss === 'string' ? iss : null,
    audiences: [aud].flat().filter((one) => typeof one === 'string'),
    subject: typeof sub === 'string' ? sub : null,
    expiresAt: typeof exp === 'number' ? exp : null,
  };
}
