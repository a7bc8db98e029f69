// Everything the IAM API asks of storage, over one D1 database and, if there is one, the archive in R2.

import type { Organisation } from '../objects/organisation.ts';
import type { IamStore } from '../objects/storage.ts';
import { archiveStore } from './archive-chain.ts';
import { auditStore } from './audit-store.ts';
import { rowsOf, runBatch } from './d1.ts';
import { readReservedByOthers } from './reserved-audiences.ts';
import { readAccountStrength, readProviderStrength } from './held-privileges.ts';
import type { Condition } from './iam-audit.ts';
import { accounts, bindings, credentials, identities, organisations, providers, roles, rules } from './keepings.ts';
import { fromRow } from './object-columns.ts';
import type { Row } from './object-columns.ts';
import { objectStatement } from './object-query.ts';
import type { Scope } from './object-query.ts';
import { createObject, objectStore } from './object-store.ts';
import { organisationId, readOrganisation, selectOrganisation } from './organisations.ts';
import { providerKeyStore } from './provider-keys.ts';
import { readRolePermissions } from './role-permissions.ts';

/** The IAM API's storage; every function throws StorageUnavailable. */
export function createIamStore(db: D1Database, archive: R2Bucket | null = null): IamStore {
  return {
    audit: auditStore(db, archive),
    archive: archiveStore(db, archive),
    readOrganisation: (organisation) => readOrganisation(db, organisation),
    readRolePermissions: (organisation, roleIds) => readRolePermissions(db, organisation, roleIds),
    identityProviders: objectStore(db, providers),
    providerKeys: providerKeyStore(db),
    serviceAccounts: objectStore(db, accounts),
    federatedIdentities: {
      ...objectStore(db, identities),
      readParents: async (organisation, accountId, providerId) => {
        const scope = { organisation };
        const [owner, account, provider] = await runBatch(db, [
          selectOrganisation(db, organisation),
          objectStatement(db, accounts, scope, byId(accountId)),
          objectStatement(db, providers, scope, byId(providerId)),
        ]);
        return {
          organisation: first<Organisation>(owner),
          serviceAccount: firstOf(account, (row) => fromRow(accounts.object, row)),
          provider: firstOf(provider, (row) => fromRow(providers.object, row)),
        };
      },
    },
    organisations: (visible) =>
      objectStore(
        db,
        organisations,
        (organisation) => ({ organisation, only: visible }),
        (_caller, reference) => organisationId(reference),
      ),
    roles: objectStore(db, roles, (organisation) => ({ organisation }), roleNamed),
    roleRules: (role) => objectStore(db, rules, (organisation) => ofRole(organisation, role)),
    roleBindings: (role) => ({
      ...objectStore(db, bindings, (organisation) => ofRole(organisation, role)),
      readParents: async (organisation, accountId) => {
        const scope = { organisation };
        const [owner, found, account] = await runBatch(db, [
          selectOrganisation(db, organisation),
          objectStatement(db, roles, scope, roleNamed(organisation, role)),
          objectStatement(db, accounts, scope, byId(accountId)),
        ]);
        return {
          organisation: first<Organisation>(owner),
          role: firstOf(found, (row) => fromRow(roles.object, row)),
          serviceAccount: firstOf(account, (row) => fromRow(accounts.object, row)),
        };
      },
    }),
    accessCredentials: (accountId) => ({
      ...objectStore(db, credentials, (organisation) => ofAccount(organisation, accountId)),
      create: (record, secretSha256, event) =>
        createObject(db, credentials, record, event, { secret_sha256: secretSha256 }),
    }),
    readReservedByOthers: (organisation, audiences) => readReservedByOthers(db, organisation, audiences),
    readAccountStrength: (organisation, id, giver) => readAccountStrength(db, organisation, id, giver),
    readProviderStrength: (organisation, id, giver) => readProviderStrength(db, organisation, id, giver),
  };
}

/**
 * The role that rules and bindings belong to, as a path names it.
 * @internal The test of lists plans queries with it.
 */
export function ofRole(organisation: string, role: string): Scope {
  return { organisation, parent: { column: 'role_id', id: roleId(organisation, role) } };
}

/**
 * The account that credentials belong to.
 * @internal The test of lists plans queries with it.
 */
export function ofAccount(organisation: string, id: string): Scope {
  const owner = organisationId(organisation);
  const sql = `SELECT id FROM service_account WHERE organisation_id = ${owner.sql} AND id = ?`;
  return { organisation, parent: { column: 'service_account_id', id: { sql, values: [...owner.values, id] } } };
}

/** A SELECT of the id of the role that a path names: by id, else by slug, else by name. What looks like an id is never a name. */
function roleId(organisation: string, reference: string): Condition {
  const owner = organisationId(organisation);
  const columns = /^role_[0-7][0-9a-z]{25}$/.test(reference) ? ['id'] : ['id', 'slug', 'name'];
  const selects = columns.map(
    (column) => `(SELECT id FROM role WHERE organisation_id = ${owner.sql} AND ${column} = ?)`,
  );
  return {
    sql: `SELECT id FROM role WHERE organisation_id = ${owner.sql} AND id = coalesce(${selects.join(', ')}, NULL)`,
    values: [...owner.values, ...columns.flatMap(() => [...owner.values, reference])],
  };
}

function roleNamed(organisation: string, reference: string): Condition {
  const { sql, values } = roleId(organisation, reference);
  return { sql: `(${sql})`, values };
}

function byId(id: string): Condition {
  return { sql: '?', values: [id] };
}

function first<T>(result: D1Result<Record<string, unknown>> | undefined): T | null {
  return rowsOf<T>(result)[0] ?? null;
}

function firstOf<T>(result: D1Result<Record<string, unknown>> | undefined, map: (row: Row) => T): T | null {
  const row = first<Row>(result);
  return row === null ? null : map(row);
}
