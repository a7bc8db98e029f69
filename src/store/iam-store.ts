// Everything the IAM API asks of storage, over one D1 database.

import type { IamStore } from '../core/iam-store.ts';
import { auditStore } from './audit-events.ts';
import { federatedIdentityStore } from './federated-identities.ts';
import { identityProviderStore } from './identity-providers.ts';
import { readOrganisation } from './organisations.ts';
import { readRolePermissions } from './role-permissions.ts';
import { serviceAccountStore } from './service-accounts.ts';

/** The IAM API's storage on a D1 database; every function throws StorageUnavailable. */
export function createIamStore(db: D1Database): IamStore {
  return {
    audit: auditStore(db),
    readOrganisation: (organisation) => readOrganisation(db, organisation),
    readRolePermissions: (organisation, roleIds) => readRolePermissions(db, organisation, roleIds),
    identityProviders: identityProviderStore(db),
    serviceAccounts: serviceAccountStore(db),
    federatedIdentities: federatedIdentityStore(db),
  };
}
