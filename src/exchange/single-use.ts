// What a single use is remembered by, and how long; keeps nothing itself.

import type { VerifiedClaims } from '../token/claims.ts';
import type { Denial } from './denial.ts';
import { sha256 } from '../token/digest.ts';
import { readClaim } from '../token/json.ts';
import type { JsonObject } from '../token/json.ts';
import { CLOCK_SKEW_SECONDS } from '../token/limits.ts';
import type { FederatedIdentity } from '../objects/federated-identity.ts';
import type { SingleUse } from './ports.ts';

/**
 * What single use remembers. Without `jti` it is the signed part, header and payload: that has one encoding only and cannot
 * be changed, while one signature can be written in several ways, so the whole token must never be the key.
 */
export async function replayKeyOf(claims: JsonObject, issuer: string, compact: string): Promise<string> {
  return (
    (await replayKeyOfId(claims, issuer)) ??
    `token:${await sha256(JSON.stringify([issuer, compact.slice(0, compact.lastIndexOf('.'))]))}`
  );
}

/** The same for claims alone; null if they have no `jti`. */
export async function replayKeyOfId(claims: JsonObject, issuer: string): Promise<string | null> {
  const jti = readClaim(claims, 'jti');
  return typeof jti === 'string' && jti !== '' ? `jti:${await sha256(JSON.stringify([issuer, jti]))}` : null;
}

/** True if the identity accepts a token once. */
export function isSingleUse({ replayProtection }: Pick<FederatedIdentity, 'replayProtection'>): boolean {
  return replayProtection === 'singleUse';
}

/** What has to be remembered of an exchange; null if the identity accepts a token more than once. */
export async function singleUseOf(
  identity: Pick<FederatedIdentity, 'organisationId' | 'replayProtection'>,
  { replayKey, expiresAt, issuedAt }: Pick<VerifiedClaims, 'replayKey' | 'expiresAt' | 'issuedAt'>,
): Promise<SingleUse | null> {
  if (!isSingleUse(identity)) return null;
  return {
    replayKey: usedTokenKey(identity.organisationId, await replayKey()),
    expiresAt: Math.ceil(expiresAt) + CLOCK_SKEW_SECONDS,
    issuedAt,
  };
}

/** The key under which an organisation's use of a token is stored. */
export function usedTokenKey(organisationId: string, replayKey: string): string {
  return `${organisationId} ${replayKey}`;
}

/** The refusal of a token that was exchanged before. */
export function alreadyUsed({ id }: Pick<FederatedIdentity, 'id'>): Denial {
  return { about: 'use', reason: 'token_already_used', federatedIdentityId: id };
}
