// Builders of objects as an exchange knows them: every member has its default, unless a test names it.

import { federatedIdentity } from '../../src/objects/federated-identity.ts';
import type { FederatedIdentity } from '../../src/objects/federated-identity.ts';
import { identityProvider } from '../../src/objects/identity-provider.ts';
import type { IdentityProvider, IdentityProviderInput } from '../../src/objects/identity-provider.ts';
import { DEFAULT_ORGANISATION_ID } from '../../src/objects/organisation.ts';
import { newMembers, newObject } from '../../src/objects/records.ts';
import type { ServiceAccount } from '../../src/objects/service-account.ts';

/** A service account of the default organisation. */
export function accountNamed(slug: string, changes: Partial<ServiceAccount> = {}): ServiceAccount {
  return {
    id: `sa_${slug}`,
    organisationId: DEFAULT_ORGANISATION_ID,
    slug,
    status: 'active',
    tokensNotBefore: null,
    ...changes,
  };
}

/** A rule that accepts the subject `workload` for this deployment. */
export function identityOf(changes: Partial<FederatedIdentity> = {}): FederatedIdentity {
  const written = { name: 'memory', providerSubject: 'workload', allowedScopes: ['api:read', 'api:write'] };
  return {
    ...newObject('fid_memory', DEFAULT_ORGANISATION_ID, 0),
    ...newMembers(federatedIdentity, written, ''),
    serviceAccount: accountNamed('deployer'),
    withheldAudiences: [],
    ...changes,
  };
}

/** A generic provider of an issuer. */
export function providerOf(providerIssuer: string, changes: Partial<IdentityProvider> = {}): IdentityProvider {
  const written: IdentityProviderInput = { name: 'memory', providerIssuer, preset: 'generic' };
  return {
    ...newObject('idp_01jfrz5x2ve3nbgfg3pm5kz4qa', DEFAULT_ORGANISATION_ID, 0),
    ...newMembers(identityProvider, written, ''),
    ...changes,
  };
}
