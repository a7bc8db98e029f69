// Reads what can be got by acting as an account or through a provider, and whose accounts these are, for the rules of who may give what; it judges nothing.

import type { Giver, Strength } from '../objects/storage.ts';
import { rowsOf, runBatch } from './d1.ts';
import { toAccountRole } from './held-roles.ts';
import type { AccountRoleRow } from './held-roles.ts';
import { MAX_FOREIGN_ACCOUNTS_NAMED } from './limits.ts';

// ?1 the account or provider, ?2 its organisation; of the accounts ?3 the giver, of what is held ?1 the giver's rule.
const ACCOUNT_SCOPES = `SELECT DISTINCT s.value AS scope FROM (
    SELECT allowed_scopes AS scopes FROM federated_identity WHERE service_account_id = ?1 AND organisation_id = ?2
    UNION ALL SELECT scopes FROM access_credential WHERE service_account_id = ?1 AND organisation_id = ?2) granted
  CROSS JOIN json_each(granted.scopes) s`;
const ACCOUNT_AUDIENCES = `SELECT DISTINCT token_audiences FROM federated_identity WHERE service_account_id = ?1 AND organisation_id = ?2
  UNION SELECT '[]' FROM access_credential WHERE service_account_id = ?1 AND organisation_id = ?2`;
const ACCOUNT_ROLES = `SELECT r.id, r.slug, b.projects, b.scopes FROM role_binding b CROSS JOIN role r ON r.id = b.role_id
  WHERE b.service_account_id = ?1 AND b.organisation_id = ?2`;
const FOREIGN_ACCOUNT = `SELECT slug FROM service_account
  WHERE id = ?1 AND organisation_id = ?2 AND id <> ?3 AND created_by <> ?3`;
const PROVIDER_SCOPES = `SELECT DISTINCT s.value AS scope FROM federated_identity f CROSS JOIN json_each(f.allowed_scopes) s
  WHERE f.provider_id = ?1 AND f.organisation_id = ?2`;
const PROVIDER_AUDIENCES = `SELECT DISTINCT token_audiences FROM federated_identity WHERE provider_id = ?1 AND organisation_id = ?2`;
const PROVIDER_ROLES = `SELECT DISTINCT r.id, r.slug, b.projects, b.scopes
  FROM (SELECT DISTINCT service_account_id AS id FROM federated_identity WHERE provider_id = ?1 AND organisation_id = ?2) account
  CROSS JOIN role_binding b ON b.service_account_id = account.id CROSS JOIN role r ON r.id = b.role_id`;
const PROVIDER_FOREIGN_ACCOUNTS = `SELECT a.slug
  FROM (SELECT DISTINCT service_account_id AS id FROM federated_identity WHERE provider_id = ?1 AND organisation_id = ?2) used
  CROSS JOIN service_account a ON a.id = used.id
  WHERE a.id <> ?3 AND a.created_by <> ?3 LIMIT ${MAX_FOREIGN_ACCOUNTS_NAMED}`;
const HELD_AUDIENCES = 'SELECT token_audiences FROM federated_identity WHERE id = ?1 AND organisation_id = ?2';

const OF_ACCOUNT = [ACCOUNT_SCOPES, ACCOUNT_AUDIENCES, ACCOUNT_ROLES, FOREIGN_ACCOUNT] as const;
const OF_PROVIDER = [PROVIDER_SCOPES, PROVIDER_AUDIENCES, PROVIDER_ROLES, PROVIDER_FOREIGN_ACCOUNTS] as const;

/**
 * Every statement of this file, for the test that each of them uses an index.
 * @internal
 */
export const STRENGTH_STATEMENTS: readonly string[] = [...OF_ACCOUNT, ...OF_PROVIDER, HELD_AUDIENCES];

/** What an account's identities, credentials and roles give. Throws StorageUnavailable. */
export function readAccountStrength(
  db: D1Database,
  organisationId: string,
  id: string,
  giver: Giver,
): Promise<Strength> {
  return readStrength(db, OF_ACCOUNT, organisationId, id, giver);
}

/** What a provider's identities and the roles of their accounts give. Throws StorageUnavailable. */
export function readProviderStrength(
  db: D1Database,
  organisationId: string,
  id: string,
  giver: Giver,
): Promise<Strength> {
  return readStrength(db, OF_PROVIDER, organisationId, id, giver);
}

async function readStrength(
  db: D1Database,
  [scopesSql, audiencesSql, rolesSql, foreignSql]: typeof OF_ACCOUNT | typeof OF_PROVIDER,
  organisationId: string,
  id: string,
  { serviceAccountId, federatedIdentityId }: Giver,
): Promise<Strength> {
  const [scopes, audiences, roles, foreign, held] = await runBatch(db, [
    ...[scopesSql, audiencesSql, rolesSql].map((sql) => db.prepare(sql).bind(id, organisationId)),
    db.prepare(foreignSql).bind(id, organisationId, serviceAccountId),
    db.prepare(HELD_AUDIENCES).bind(federatedIdentityId ?? '', organisationId),
  ]);
  const [ownRule] = audienceLists(held);
  return {
    scopes: rowsOf<{ scope: string }>(scopes).map(({ scope }) => scope),
    tokenAudiences: audienceLists(audiences),
    roles: rowsOf<AccountRoleRow>(roles).map(toAccountRole),
    foreignAccounts: rowsOf<{ slug: string }>(foreign).map(({ slug }) => slug),
    heldAudiences: federatedIdentityId === null ? [] : (ownRule ?? null),
  };
}

function audienceLists(result: D1Result<Record<string, unknown>> | undefined): string[][] {
  return rowsOf<{ token_audiences: string }>(result).map(({ token_audiences: list }) => JSON.parse(list) as string[]);
}
