// `@cambist/sdk/verify`: verifies an access token in the API that receives it (RFC 9068 §4, RFC 8725); knows no framework.

import { compactVerify, decodeProtectedHeader } from 'jose';
import type { ProtectedHeaderParameters } from 'jose';

import { AccessTokenError } from './access-token-error.ts';
import type { AccessTokenFault } from './access-token-error.ts';
import { readClaims } from './access-token.ts';
import type { AccessToken } from './access-token.ts';
import { globalFetch, membersOf } from './fetch-json.ts';
import type { Fetch } from './fetch-json.ts';
import { issuerKeys } from './issuer-keys.ts';
import type { IssuerKeys } from './issuer-keys.ts';
import { MAX_KID_CHARS, MAX_REMEMBERED_ISSUERS, MAX_TOKEN_CHARS } from './limits.ts';
import { checkRoles, checkScopes } from './requirements.ts';
import { checkVerifyOptions, listOf } from './verify-options.ts';
import type { VerifyOptions } from './verify-options.ts';

export { AccessTokenError, wwwAuthenticate } from './access-token-error.ts';
export type { AccessTokenErrorCode, AccessTokenFault, ChallengeOptions } from './access-token-error.ts';
export type { AccessToken } from './access-token.ts';
export { bearerToken } from './bearer-token.ts';
export type { Fetch } from './fetch-json.ts';
export { issuerKeys } from './issuer-keys.ts';
export type { IssuerKey, IssuerKeys } from './issuer-keys.ts';
export { protectedResourceMetadata } from './protected-resource.ts';
export type { ProtectedResourceMetadata, ProtectedResourceOptions, ResourceDescription } from './protected-resource.ts';
export type { VerifyOptions } from './verify-options.ts';

/** Of an access token (RFC 9068 §2.1); an ID token of the same deployment is none (RFC 8725 §3.11). */
const ACCESS_TOKEN_TYPES: ReadonlySet<string> = new Set(['at+jwt', 'application/at+jwt']);

/**
 * Verifies type, signature, issuer, audience, times, organisation, scopes and roles, in that order, and returns the claims.
 * Throws AccessTokenError (RFC 6750 §3.1) for any other token, and TypeError for options that could not refuse anything.
 *
 * @example
 * ```ts
 * import { bearerToken, verifyAccessToken } from '@cambist/sdk/verify';
 *
 * async function accountOf(request: Request): Promise<string> {
 *   const { serviceAccount } = await verifyAccessToken(bearerToken(request.headers), {
 *     issuer: 'https://cambist.example.com',
 *     audience: 'https://api.example.com',
 *     organisation: 'org_00000000000000000000000000',
 *     scope: 'api:read',
 *   });
 *   return serviceAccount;
 * }
 * ```
 */
export async function verifyAccessToken(token: string, options: VerifyOptions): Promise<AccessToken> {
  const { audiences, organisations, skewSeconds } = checkVerifyOptions(options);
  const keys = options.keys ?? rememberedKeys(options.issuer, options.fetch ?? globalFetch);
  if (keys.issuer !== options.issuer) throw new TypeError('keys are those of another issuer');

  const { alg, kid } = acceptableHeader(token);
  // Before the keys are asked for, so that a token of someone else costs the deployment nothing. It is compared again below.
  if (unverifiedIssuer(token) !== options.issuer) throw refused('issuer', 'the token is of another issuer');
  const key = await keys.find(kid);
  if (key === null) throw refused('unknown_key', 'the token is signed with a key that its issuer does not publish');
  if (key.alg !== alg) throw refused('algorithm', 'the algorithm of the token is not that of its key');
  const payload = await compactVerify(token, key.key, { algorithms: [key.alg] }).then(
    (verified) => membersOf(parseJson(verified.payload)),
    () => {
      throw refused('signature', 'the signature of the token is not valid');
    },
  );

  const claims = payload === null ? null : readClaims(payload);
  if (claims === null) throw refused('claims', 'a claim of the token is missing or of another type (RFC 9068 §2.2)');
  if (claims.issuer !== options.issuer) throw refused('issuer', 'the token is of another issuer');
  if (!claims.audiences.some((audience) => audiences.includes(audience))) {
    throw refused('audience', 'the token is for another audience');
  }
  checkTimes(claims, Date.now() / 1000, skewSeconds);
  if (organisations?.includes(claims.organisation) === false) {
    throw refused('organisation', 'the token is of another organisation');
  }
  checkScopes(claims, listOf(options.scope).flatMap(words));
  checkRoles(claims, listOf(options.role));
  return claims;
}

function acceptableHeader(token: string): { alg: string; kid: string } {
  if (typeof token !== 'string' || token.length > MAX_TOKEN_CHARS || !/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)) {
    throw refused('token_malformed', 'the token is not a signed JWT in compact form');
  }
  const header = decodeHeader(token);
  if (header === null) throw refused('token_malformed', 'the header of the token is not JSON');
  const { alg, kid, typ } = header;
  if (typeof typ !== 'string' || !ACCESS_TOKEN_TYPES.has(typ.toLowerCase())) {
    throw refused('token_type', 'the token is not an access token: its typ is not at+jwt');
  }
  // They change how a token is read, or name a key of the sender's own choice (RFC 8725 §3.10).
  if (['crit', 'b64', 'zip', 'cty', 'jwk', 'jku', 'x5u', 'x5c'].some((name) => Object.hasOwn(header, name))) {
    throw refused('token_malformed', 'the header of the token has a member that no access token has');
  }
  if (typeof kid !== 'string' || kid === '' || kid.length > MAX_KID_CHARS) {
    throw refused('unknown_key', 'the token names no key');
  }
  if (typeof alg !== 'string') throw refused('algorithm', 'the token names no algorithm');
  return { alg, kid };
}

function decodeHeader(token: string): ProtectedHeaderParameters | null {
  try {
    return decodeProtectedHeader(token);
  } catch {
    return null;
  }
}

function unverifiedIssuer(token: string): unknown {
  try {
    const encoded = (token.split('.', 2)[1] ?? '').replaceAll('-', '+').replaceAll('_', '/');
    const bytes = Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
    return membersOf(parseJson(bytes))?.['iss'];
  } catch {
    return undefined;
  }
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)) as unknown;
  } catch {
    return null;
  }
}

function checkTimes(token: AccessToken, now: number, skew: number): void {
  const { nbf } = token.claims;
  if (now >= token.expiresAt + skew) throw refused('expired', 'the token has expired');
  if (nbf !== undefined && typeof nbf !== 'number') throw refused('claims', 'nbf is not a time');
  if (token.issuedAt > now + skew || (nbf !== undefined && nbf > now + skew)) {
    throw refused('not_yet_valid', 'the token is not valid yet');
  }
}

function refused(fault: AccessTokenFault, description: string): AccessTokenError {
  return new AccessTokenError('invalid_token', fault, description);
}

function words(scopes: string): string[] {
  return scopes.split(' ').filter((one) => one !== '');
}

/** By `fetch`, since tests and tenants may have several networks; issuers are the API's own settings, never a token's. */
const remembered = new WeakMap<Fetch, Map<string, IssuerKeys>>();

function rememberedKeys(issuer: string, send: Fetch): IssuerKeys {
  let byIssuer = remembered.get(send);
  if (byIssuer === undefined) remembered.set(send, (byIssuer = new Map<string, IssuerKeys>()));
  const known = byIssuer.get(issuer);
  if (known !== undefined) return known;
  const keys = issuerKeys(issuer, send);
  const [oldest] = byIssuer.keys();
  if (byIssuer.size >= MAX_REMEMBERED_ISSUERS && oldest !== undefined) byIssuer.delete(oldest);
  byIssuer.set(issuer, keys);
  return keys;
}
