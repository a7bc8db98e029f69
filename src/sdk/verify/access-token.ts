// The claims of a verified access token of a deployment, each of its type (RFC 9068 §2.2 and our own); verifies no signature.

import type { JWTPayload } from 'jose';

/**
 * A verified access token. Times are NumericDates.
 *
 * @example
 * ```ts
 * import type { AccessToken } from '@cambist/sdk/verify';
 *
 * const mayDeploy = (token: AccessToken): boolean => token.roles.includes('deployer') && token.project === 'shop';
 * ```
 */
export interface AccessToken {
  readonly issuer: string;
  /** `sub`: the service account's id. Decide by this, not by the slug. */
  readonly serviceAccount: string;
  /** Its slug, for people. */
  readonly serviceAccountSlug: string;
  /** Its organisation's id. */
  readonly organisation: string;
  readonly audiences: readonly string[];
  readonly scopes: readonly string[];
  /** Slugs of the roles held organisation-wide, and of those held in `project` if there is one. */
  readonly roles: readonly string[];
  /** The project that the token is bound to; null for one that is bound to none. */
  readonly project: string | null;
  /** The workload that acts (RFC 8693 §4.1); null for an access credential's token. */
  readonly actor: { readonly issuer: string; readonly subject: string } | null;
  readonly federatedIdentity: string | null;
  /** Claims forwarded from the workload's own token; empty if there are none. */
  readonly upstream: Readonly<Record<string, unknown>>;
  readonly tokenId: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
  /** All claims, as they were issued. */
  readonly claims: Readonly<Record<string, unknown>>;
}

/** Reads the claims; null if one that every access token of a deployment has is missing or of another type. */
export function readClaims(payload: JWTPayload): AccessToken | null {
  const claims: Readonly<Record<string, unknown>> = payload;
  const issuer = textOf(claims['iss']);
  const serviceAccount = textOf(claims['sub']);
  const serviceAccountSlug = textOf(claims['service_account']);
  const organisation = textOf(claims['organisation']);
  const tokenId = textOf(claims['jti']);
  const audiences = typeof claims['aud'] === 'string' ? [claims['aud']] : claims['aud'];
  // Absent and empty are the same (RFC 7643 §2.5).
  const { scope, roles = [], project, act, upstream, iat, exp } = payload as Record<string, unknown>;
  if (issuer === null || serviceAccount === null || serviceAccountSlug === null) return null;
  if (organisation === null || tokenId === null || claims['client_id'] !== serviceAccount) return null;
  if (typeof scope !== 'string' || !areTexts(roles) || !areTexts(audiences) || audiences.length === 0) return null;
  if (!isTime(iat) || !isTime(exp)) return null;
  if (project !== undefined && textOf(project) === null) return null;
  const actor = act === undefined ? null : readActor(act);
  if (actor === undefined) return null;
  return {
    issuer,
    serviceAccount,
    serviceAccountSlug,
    organisation,
    audiences,
    scopes: scope.split(' ').filter((one) => one !== ''),
    roles,
    project: textOf(project),
    actor,
    federatedIdentity: textOf(claims['federated_identity']),
    upstream: isObject(upstream) ? upstream : {},
    tokenId,
    issuedAt: iat,
    expiresAt: exp,
    claims,
  };
}

function readActor(act: unknown): AccessToken['actor'] | undefined {
  if (!isObject(act)) return undefined;
  const [issuer, subject] = [textOf(act['iss']), textOf(act['sub'])];
  return issuer === null || subject === null ? undefined : { issuer, subject };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function areTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => textOf(one) !== null);
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0;
}
