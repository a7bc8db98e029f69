// Verifies that a token is an access token of this deployment (RFC 9068 §4); whether it was revoked since is exchange/token-standing.ts's question.

import { compactVerify } from 'jose/jws/compact/verify';
import type { JWK } from 'jose';
import { isJsonObject } from '../token/json.ts';
import type { JsonObject, JsonValue } from '../token/json.ts';
import type { OwnToken, OwnTokenFault } from '../exchange/token-standing.ts';
import { ok, refuse } from '../exchange/result.ts';
import type { Result } from '../exchange/result.ts';
import { decodeToken } from '../token/decode.ts';

/** An ID token of ours is for clouds and has another type; it never opens anything here (RFC 8725 §3.11). */
const ACCESS_TOKEN_TYPE = 'at+jwt';
const TYPES: ReadonlySet<string> = new Set([ACCESS_TOKEN_TYPE]);

export interface OwnTokenRules {
  /** The public key of a `kid` and `alg`, or null. */
  readonly findKey: (kid: string, alg: string) => Promise<JWK | null>;
  readonly issuerUrl: string;
  /** Epoch seconds. No skew is granted: the clock that set the token's times is the same. */
  readonly now: number;
}

/**
 * Verifies type, key, signature, issuer, times and the claims that every access token of ours has. The key is ours
 * by `kid`, with its own algorithm; its life, and the token's revocation, are still to be looked at (inspectOwnToken).
 */
export async function verifyOwnToken(
  compact: string,
  { findKey, issuerUrl, now }: OwnTokenRules,
): Promise<Result<OwnToken, OwnTokenFault>> {
  const decoded = decodeToken(compact, TYPES);
  if (!decoded.ok) {
    return refuse(decoded.error.reason === 'token_type_not_accepted' ? 'not_an_access_token' : 'malformed');
  }
  const { header, claims } = decoded.value;
  if (header.typ?.toLowerCase() !== ACCESS_TOKEN_TYPE) return refuse('not_an_access_token');
  const { kid, alg } = header;
  const key = kid === null ? null : await findKey(kid, alg);
  if (kid === null || key === null) return refuse('unknown_key');
  try {
    await compactVerify(compact, key, { algorithms: [alg] });
  } catch {
    return refuse('signature_invalid');
  }
  if (claims['iss'] !== issuerUrl) return refuse('foreign_issuer');
  const token = readOwnClaims(claims, kid, alg);
  if (token === null) return refuse('claims_invalid');
  if (now >= token.expiresAt) return refuse('expired');
  if (now < token.notBefore) return refuse('not_yet_valid');
  return ok(token);
}

/** The claims of RFC 9068 §2.2 and ours, each of its type; null if one is not. */
function readOwnClaims(claims: JsonObject, kid: string, alg: string): (OwnToken & { notBefore: number }) | null {
  const member = (name: string): JsonValue | undefined => (Object.hasOwn(claims, name) ? claims[name] : undefined);
  const serviceAccountId = textOf(member('sub'));
  const tokenId = textOf(member('jti'));
  const organisationId = textOf(member('organisation'));
  const audiences = audiencesOf(member('aud'));
  const scope = member('scope');
  const project = member('project');
  const [expiresAt, notBefore, issuedAt] = [timeOf(member('exp')), timeOf(member('nbf')), timeOf(member('iat'))];
  if (serviceAccountId === null || tokenId === null || organisationId === null || audiences.length === 0) return null;
  if (member('client_id') !== serviceAccountId || typeof scope !== 'string') return null;
  if (expiresAt === null || notBefore === null || issuedAt === null) return null;
  if (textOf(member('service_account')) === null || !areTexts(member('roles') ?? [])) return null;
  if (project !== undefined && textOf(project) === null) return null;
  const federatedIdentityId = textOf(member('federated_identity'));
  const accessCredentialId = textOf(member('access_credential'));
  // A token rests on one of them, and ends with it.
  if ((federatedIdentityId === null) === (accessCredentialId === null)) return null;
  if (member('act') !== undefined && !isJsonObject(member('act'))) return null;
  return {
    kid,
    alg,
    tokenId,
    serviceAccountId,
    organisationId,
    audiences,
    scopes: scope.split(' ').filter((one) => one !== ''),
    project: textOf(project),
    federatedIdentityId,
    accessCredentialId,
    issuedAt,
    expiresAt,
    notBefore,
    claims,
  };
}

function audiencesOf(value: JsonValue | undefined): readonly string[] {
  if (typeof value === 'string' && value !== '') return [value];
  return areTexts(value) ? value : [];
}

function areTexts(value: JsonValue | undefined): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => textOf(one) !== null);
}

function textOf(value: JsonValue | undefined): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function timeOf(value: JsonValue | undefined): number | null {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : null;
}
