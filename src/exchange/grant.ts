// What an exchange decided to give, and the claims of the tokens that say so (RFC 9068 §2.2, OpenID Connect Core §2); pure.

import type { JsonObject, JsonValue } from '../token/json.ts';
import { NOT_BEFORE_LEEWAY_SECONDS } from './limits.ts';

/** Everything an issued token says, before it is signed. Times are epoch seconds. */
export interface Grant {
  readonly tokenType: 'access_token' | 'id_token';
  /** `jti` */
  readonly tokenId: string;
  readonly issuedAt: number;
  readonly lifetimeSeconds: number;
  readonly organisationId: string;
  readonly serviceAccount: { readonly id: string; readonly slug: string };
  readonly scope: readonly string[];
  readonly audiences: readonly string[];
  readonly roles: readonly string[];
  readonly project: string | null;
  /** The access credential that it is issued to; null for a workload. */
  readonly accessCredentialId: string | null;
  /** The workload that acts; null for an access credential. */
  readonly workload: {
    readonly federatedIdentityId: string;
    readonly issuer: string;
    readonly subject: string;
    readonly upstream: JsonObject;
  } | null;
}

/** When tokens of an object may be dated at the earliest; null if it has never ended any. */
interface TokensEnd {
  readonly tokensNotBefore: number | null;
}

/**
 * The `iat` of a token that is issued at `now` (epoch seconds): the next second if what it rests on ended its tokens in this one,
 * or it could not be told from those.
 */
export function issuedAt(now: number, restsOn: readonly (TokensEnd | null)[]): number {
  const earliest = Math.max(now, ...restsOn.map((object) => object?.tokensNotBefore ?? now));
  return Math.min(earliest, now + NOT_BEFORE_LEEWAY_SECONDS);
}

/** The payload of the token for a grant. */
export function tokenClaims(grant: Grant, issuerUrl: string): JsonObject {
  return grant.tokenType === 'access_token' ? accessTokenClaims(grant, issuerUrl) : idTokenClaims(grant, issuerUrl);
}

function accessTokenClaims(grant: Grant, issuerUrl: string): JsonObject {
  return {
    iss: issuerUrl,
    sub: grant.serviceAccount.id,
    client_id: grant.serviceAccount.id,
    ...sharedClaims(grant),
    scope: grant.scope.join(' '),
    ...(grant.workload === null ? {} : { federated_identity: grant.workload.federatedIdentityId }),
    ...(grant.accessCredentialId === null ? {} : { access_credential: grant.accessCredentialId }),
  };
}

function idTokenClaims(grant: Grant, issuerUrl: string): JsonObject {
  return { iss: issuerUrl, sub: idTokenSubject(grant), ...sharedClaims(grant) };
}

function sharedClaims(grant: Grant): JsonObject {
  const { workload } = grant;
  return {
    aud: audienceClaim(grant.audiences),
    iat: grant.issuedAt,
    nbf: grant.issuedAt - NOT_BEFORE_LEEWAY_SECONDS,
    exp: grant.issuedAt + grant.lifetimeSeconds,
    jti: grant.tokenId,
    organisation: grant.organisationId,
    service_account: grant.serviceAccount.slug,
    // RFC 7643 §2.5: absent and empty are the same, and some validators refuse an empty list.
    ...(grant.roles.length === 0 ? {} : { roles: grant.roles }),
    ...(grant.project === null ? {} : { project: grant.project }),
    ...(workload === null ? {} : { act: { iss: workload.issuer, sub: workload.subject } }),
    ...(workload === null || Object.keys(workload.upstream).length === 0 ? {} : { upstream: workload.upstream }),
  };
}

/** A string for one audience, an array for several (RFC 7519 §4.1.3). */
function audienceClaim(audiences: readonly string[]): JsonValue {
  return audiences.length === 1 && audiences[0] !== undefined ? audiences[0] : audiences;
}

/** A cloud's trust policy compares `sub` only, so the project is a part of it; `:`, `/` and `%` inside a segment are encoded. */
function idTokenSubject({ serviceAccount, project }: Grant): string {
  if (project === null) return serviceAccount.id;
  return `${serviceAccount.id}:project:${project.replace(/[%:/]/g, (character) => encodeURIComponent(character))}`;
}
