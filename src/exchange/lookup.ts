// What the rows of an exchange are looked up by, and whether the issuer's provider may verify; all of it is still unverified.

import { subjectKeysOfToken } from '../rules/subject.ts';
import type { JsonObject } from '../token/json.ts';
import type { IdentityProvider } from '../objects/identity-provider.ts';
import type { Denial } from './denial.ts';
import type { ExchangeFacts, ExchangeQuery } from './ports.ts';
import type { Asked } from './request.ts';
import { ok, refuse } from './result.ts';
import type { Result } from './result.ts';

/** The keys of everything in the token. They may only ever select, never decide. */
export function lookupKeys(
  claims: JsonObject,
  issuer: string,
): Pick<ExchangeQuery, 'issuer' | 'claims' | 'subjectKeys' | 'allStrings'> {
  const { sub } = claims;
  return {
    issuer,
    claims,
    subjectKeys: typeof sub === 'string' && sub !== '' ? subjectKeysOfToken(claims, sub) : [],
    allStrings: () => [...new Set([...stringsIn(claims)].flatMap((text) => subjectKeysOfToken(claims, text)))],
  };
}

/** What one exchange reads. A request that names whom it wants to act as needs no other key, so none is worked out. */
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
  const keys = isNamed ? { issuer, claims: null, subjectKeys: [], allStrings: () => [] } : lookupKeys(claims, issuer);
  return { ...keys, serviceAccount, organisation, federatedIdentity };
}

function stringsIn(claims: JsonObject): Set<string> {
  const strings = new Set<string>();
  const pending: unknown[] = [claims];
  for (let value = pending.pop(); value !== undefined; value = pending.pop()) {
    if (typeof value === 'string') strings.add(value);
    else if (typeof value === 'number') strings.add(String(value));
    else if (typeof value === 'object' && value !== null) pending.push(...Object.values(value));
  }
  return strings;
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
