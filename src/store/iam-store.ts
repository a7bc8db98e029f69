// Everything the IAM API asks of storage, over one D1 database.

import type { IamStore } from '../objects/storage.ts';
import { accessCredentialStore } from './access-credential-objects.ts';
import { auditStore } from './audit-events.ts';
import { federatedIdentityStore } from './federated-identities.ts';
import { identityProviderStore } from './identity-providers.ts';
import { organisationStore } from './organisation-objects.ts';
import { providerKeyStore } from './provider-keys.ts';
import { readOrganisation } from './organisations.ts';
import { roleBindingStore } from './role-bindings.ts';
import { readRolePermissions } from './role-permissions.ts';
import { roleRuleStore } from './role-rules.ts';
import { roleStore } from './roles.ts';
import { serviceAccountStore } from './service-accounts.ts';
import { readAccountStrength, readProviderStrength } from './held-privileges.ts';

/** The IAM API's storage on a D1 database; every function throws StorageUnavailable. */
export function createIamStore(db: D1Database): IamStore {
  return {
    audit: auditStore(db),
    readOrganisation: (organisation) => readOrganisation(db, organisation),
    readRolePermissions: (organisation, roleIds) => readRolePermissions(db, organisation, roleIds),
    identityProviders: identityProviderStore(db),
    providerKeys: providerKeyStore(db),
    serviceAccounts: serviceAccountStore(db),
    federatedIdentities: federatedIdentityStore(db),
    organisations: (visible) => organisationStore(db, visible),
    roles: roleStore(db),
    roleRules: (role) => roleRuleStore(db, role),
    roleBindings: (role) => roleBindingStore(db, role),
    accessCredentials: (serviceAccountId) => accessCredentialStore(db, serviceAccountId),
    readAccountStrength: (organisationId, id, giver) => readAccountStrength(db, organisationId, id, giver),
    readProviderStrength: (organisationId, id, giver) => readProviderStrength(db, organisationId, id, giver),
  };
}
