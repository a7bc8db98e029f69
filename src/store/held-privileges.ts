// Reads what can be got by acting as an account or through a provider, for the rules of who may give what; it judges nothing.

import type { Strength } from '../objects/storage.ts';
import { rowsOf, runBatch } from './d1.ts';
import { toAccountRole } from './held-roles.ts';
import type { AccountRoleRow } from './held-roles.ts';

// ?1 the account or provider, ?2 its organisation.
const ACCOUNT_SCOPES = `SELECT DISTINCT s.value AS scope FROM (
    SELECT allowed_scopes AS scopes FROM federated_identity WHERE service_account_id = ?1 AND organisation_id = ?2
    UNION ALL SELECT scopes FROM access_credential WHERE service_account_id = ?1 AND organisation_id = ?2) granted
  CROSS JOIN json_each(granted.scopes) s`;
const ACCOUNT_ROLES = `SELECT r.id, r.slug, b.projects, b.scopes FROM role_binding b CROSS JOIN role r ON r.id = b.role_id
  WHERE b.service_account_id = ?1 AND b.organisation_id = ?2`;
const PROVIDER_SCOPES = `SELECT DISTINCT s.value AS scope FROM federated_identity f CROSS JOIN json_each(f.allowed_scopes) s
  WHERE f.provider_id = ?1 AND f.organisation_id = ?2`;
const PROVIDER_ROLES = `SELECT DISTINCT r.id, r.slug, b.projects, b.scopes
  FROM (SELECT DISTINCT service_account_id AS id FROM federated_identity WHERE provider_id = ?1 AND organisation_id = ?2) account
  CROSS JOIN role_binding b ON b.service_account_id = account.id CROSS JOIN role r ON r.id = b.role_id`;

/** Every statement of this file, for the test that each of them uses an index. */
export const STRENGTH_STATEMENTS: readonly string[] = [ACCOUNT_SCOPES, ACCOUNT_ROLES, PROVIDER_SCOPES, PROVIDER_ROLES];

/** The scopes of an account's identities and credentials, and its roles. Throws StorageUnavailable. */
export function readAccountStrength(db: D1Database, organisationId: string, id: string): Promise<Strength> {
  return readStrength(db, [ACCOUNT_SCOPES, ACCOUNT_ROLES], [id, organisationId]);
}

/** The scopes of a provider's identities, and the roles of their accounts. Throws StorageUnavailable. */
export function readProviderStrength(db: D1Database, organisationId: string, id: string): Promise<Strength> {
  return readStrength(db, [PROVIDER_SCOPES, PROVIDER_ROLES], [id, organisationId]);
}

async function readStrength(
  db: D1Database,
  statements: readonly [string, string],
  values: readonly [string, string],
): Promise<Strength> {
  const [scopes, roles] = await runBatch(
    db,
    statements.map((sql) => db.prepare(sql).bind(...values)),
  );
  return {
    scopes: rowsOf<{ scope: string }>(scopes).map(({ scope }) => scope),
    roles: rowsOf<AccountRoleRow>(roles).map(toAccountRole),
  };
}
