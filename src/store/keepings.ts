// How each kind of object is kept, beside what its definition says: limits, what keeps it from being deleted, and what goes with it.

import { accessCredential } from '../objects/access-credential.ts';
import { federatedIdentity } from '../objects/federated-identity.ts';
import { identityProvider } from '../objects/identity-provider.ts';
import type { IdentityProviderRecord } from '../objects/identity-provider.ts';
import {
  MAX_BINDING_BYTES_PER_SERVICE_ACCOUNT,
  MAX_BINDINGS_PER_SERVICE_ACCOUNT,
  MAX_IDENTITIES_PER_SERVICE_ACCOUNT,
  MAX_IDENTITY_BYTES_PER_SERVICE_ACCOUNT,
  MAX_PROVIDERS_OF_ONE_ISSUER,
  MAX_RULES_PER_ROLE,
} from '../objects/limits.ts';
import { organisation } from '../objects/organisation.ts';
import { roleBinding } from '../objects/role-binding.ts';
import { role, roleRule } from '../objects/role.ts';
import { serviceAccount } from '../objects/service-account.ts';
import { subjectKeyOfRule } from '../rules/subject.ts';
import { newColumns } from './object-columns.ts';
import type { Condition } from './iam-audit.ts';
import type { Keeping } from './object-store.ts';
import { overlappedBy, reservationRows } from './reserved-audiences.ts';

export const providers: Keeping<typeof identityProvider> = {
  object: identityProvider,
  usedBy: [{ table: 'federated_identity', column: 'provider_id' }],
  exclusive: { of: 'issuer', holders: sharersOfIssuer },
  raises: { column: 'keys_version', by: ['providerJwksUri', 'localJwks', 'preset'] },
};

/**
 * An issuer is one provider's, unless the keys of all are given by hand and none is another's (contract §5.1); and there are
 * not too many of them.
 */
function sharersOfIssuer({
  id,
  organisationId,
  providerIssuer,
  localJwks,
  localKeyIds,
}: IdentityProviderRecord): Condition {
  const others = 'identity_provider o WHERE o.organisation_id = ? AND o.issuer = ? AND o.id <> ?';
  const which = [organisationId, providerIssuer, id];
  return {
    sql: `SELECT o.id FROM ${others} AND (? OR o.local_jwks IS NULL
      OR EXISTS (SELECT 1 FROM json_each(o.local_key_ids) k WHERE k.value IN (SELECT value FROM json_each(?)))
      OR (SELECT COUNT(*) FROM ${others}) >= ?)`,
    values: [...which, Number(localJwks === null), JSON.stringify(localKeyIds), ...which, MAX_PROVIDERS_OF_ONE_ISSUER],
  };
}

export const accounts: Keeping<typeof serviceAccount> = {
  object: serviceAccount,
  computed: {
    roleBindings: `SELECT json_group_array(json_object('identity', b.id, 'name', b.name, 'description', b.description,
      'scopes', json(b.scopes), 'projects', json(b.projects),
      'role', json_object('identity', r.id, 'name', r.name, 'slug', r.slug),
      'organisationRole', json_object('identity', r.id, 'name', r.name, 'slug', r.slug),
      'createdAt', strftime('%Y-%m-%dT%H:%M:%SZ', b.created_at, 'unixepoch'),
      'updatedAt', strftime('%Y-%m-%dT%H:%M:%SZ', b.updated_at, 'unixepoch')))
    FROM role_binding b JOIN role r ON r.id = b.role_id WHERE b.service_account_id = sa.id`,
  },
  // Each of these tables has an index that starts with service_account_id.
  takesAlong: [
    { name: 'federatedIdentities', table: 'federated_identity', column: 'service_account_id' },
    { name: 'roleBindings', table: 'role_binding', column: 'service_account_id' },
    { name: 'accessCredentials', table: 'access_credential', column: 'service_account_id' },
  ],
};

export const identities: Keeping<typeof federatedIdentity> = {
  object: federatedIdentity,
  alsoWrites: ({ providerSubject, providerSubjectMatch }) => ({
    subject_key: subjectKeyOfRule(providerSubject, providerSubjectMatch),
  }),
  limit: { by: 'serviceAccountIdentity', most: MAX_IDENTITIES_PER_SERVICE_ACCOUNT },
  bytes: {
    by: 'serviceAccountIdentity',
    columns: [
      'provider_subject',
      'trusted_audiences',
      'conditions',
      'expression',
      'allowed_scopes',
      'token_audiences',
      'forwarded_claims',
    ],
    most: MAX_IDENTITY_BYTES_PER_SERVICE_ACCOUNT,
  },
};

export const roles: Keeping<typeof role> = {
  object: role,
  computed: {
    rules: `SELECT json_group_array(json_object('identity', o.id, 'resources', json(o.resources),
      'resourceIdentities', json(o.resource_identities), 'permissions', json(o.permissions), 'note', o.note))
    FROM role_rule o WHERE o.role_id = role.id`,
  },
  startsWith: ({ id, rules, ...kept }) =>
    rules.map(({ identity, ...rule }) => {
      const record = { ...kept, ...rule, id: identity, roleId: id };
      return { table: 'role_rule', columns: newColumns(roleRule, record) };
    }),
  // A role goes with its rules, but never while somebody holds it.
  usedBy: [{ table: 'role_binding', column: 'role_id' }],
  takesAlong: [{ table: 'role_rule', column: 'role_id' }],
};

export const rules: Keeping<typeof roleRule> = {
  object: roleRule,
  limit: { by: 'roleId', most: MAX_RULES_PER_ROLE },
  // A role is answered with its rules, so that if-match on the role notices a change of one.
  touches: 'roleId',
};

export const bindings: Keeping<typeof roleBinding> = {
  object: roleBinding,
  limit: { by: 'serviceAccountIdentity', most: MAX_BINDINGS_PER_SERVICE_ACCOUNT },
  bytes: {
    by: 'serviceAccountIdentity',
    columns: ['projects', 'scopes'],
    most: MAX_BINDING_BYTES_PER_SERVICE_ACCOUNT,
  },
};

export const credentials: Keeping<typeof accessCredential> = { object: accessCredential };

export const organisations: Keeping<typeof organisation> = {
  object: organisation,
  mirrors: {
    table: 'reserved_audience',
    column: 'organisation_id',
    rows: reservationRows,
  },
  exclusive: { of: 'reserved_audiences', holders: overlappedBy },
  // Everything else in an organisation goes with one of these.
  usedBy: [
    { table: 'identity_provider', column: 'organisation_id' },
    { table: 'service_account', column: 'organisation_id' },
    { table: 'role', column: 'organisation_id' },
  ],
};
