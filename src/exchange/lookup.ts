// What the rows of an exchange are looked up by, and whether the issuer's provider may verify; all of it is still unverified.

import { subjectKeysOfToken } from '../rules/subject.ts';
import { readClaim } from '../token/json.ts';
import type { JsonObject } from '../token/json.ts';
import type { IdentityProvider } from '../objects/identity-provider.ts';
import type { Denial } from './denial.ts';
import type { ExchangeFacts, ExchangeQuery } from './ports.ts';
import type { Asked } from './request.ts';
import { ok, refuse } from './result.ts';
import type { Result } from './result.ts';

/** A claim that a provider may read the subject from, and an index key of the exact rules that could match the token by it. */
export type SubjectKey = readonly [claim: string, key: string];

/** The index keys of what a token has in these claims. They may only ever select, never decide. */
export function subjectKeysIn(claims: JsonObject, subjectClaims: readonly string[]): readonly SubjectKey[] {
  return subjectClaims.flatMap((claim) => {
    const value = readClaim(claims, claim);
    const subject = typeof value === 'number' ? String(value) : value;
    if (typeof subject !== 'string' || subject === '') return [];
    return subjectKeysOfToken(claims, subject).map((key): SubjectKey => [claim, key]);
  });
}

/** What one exchange reads. A request that names whom it wants to act as is looked up by that alone. */
export function queryOf(
  {
    serviceAccount,
    organisation,
    federatedIdentity,
  }: Pick<Asked, 'serviceAccount' | 'organisation' | 'federatedIdentity'>,
  claims: JsonObject,
  issuer: string,
): ExchangeQuery {
  const isNamed = serviceAccount !== null || federatedIdentity !== null;
  return { issuer, claims: isNamed ? null : claims, serviceAccount, organisation, federatedIdentity };
}

/** The provider whose keys may verify the token, or why there is none; `organisation` is the one that the request names. */
export function trustedProvider(
  { provider }: Pick<ExchangeFacts, 'provider'>,
  issuer: string,
  organisation: string | null = null,
): Result<IdentityProvider, Denial> {
  if (provider === null) return refuse({ about: 'issuer', reason: 'issuer_not_registered', issuer, organisation });
  if (provider.status === 'active') return ok(provider);
  return refuse({ about: 'provider', reason: 'provider_inactive', providerId: provider.id });
}
