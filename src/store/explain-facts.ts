// Reads what explaining shows beyond the facts of an exchange: other rules of the provider, and whether a token was used; writes nothing.

import type { ExplainFacts, ExplainQuery } from '../exchange/explain.ts';
import { MAX_COMPARED_ISSUERS, MAX_EXPLAINED_NEIGHBOURS, MAX_EXPLAINED_OLDEST } from './limits.ts';
import { rowsOf, runBatch } from './d1.ts';
import { toIdentity } from './exchange-facts.ts';
import { identityColumns } from './exchange-statements.ts';
import type { IdentityRow } from './exchange-facts.ts';
import { toHeldRole } from './held-roles.ts';
import type { HeldRoleRow } from './held-roles.ts';
import { selectList } from './json-rows.ts';

const PROVIDER = 'SELECT name FROM identity_provider WHERE id = ?1 AND organisation_id = ?2';
const USED = 'SELECT 1 FROM used_token WHERE replay_key = ?1';
const ACCOUNT = `SELECT id, slug FROM service_account WHERE organisation_id = ?1 AND slug = ?2
  UNION ALL SELECT id, slug FROM service_account WHERE id = ?2 AND organisation_id = ?1`;
const ISSUERS = `SELECT issuer FROM identity_provider WHERE organisation_id = ?1 ORDER BY id LIMIT ${MAX_COMPARED_ISSUERS}`;

// ?1 provider, ?2 subject, ?3 organisation, of the rules ?4 the default audience. Neighbours in the order of the index share the longest beginning with the subject,
// as a rule does that has a typing error, another branch, or an environment in place of a ref.
const OLDEST = `SELECT fi.id FROM federated_identity fi INDEXED BY federated_identity_by_provider WHERE fi.provider_id = ?1
  ORDER BY fi.id LIMIT ${MAX_EXPLAINED_OLDEST + 1}`;
const neighbours = (comparison: '>=' | '<', order: 'ASC' | 'DESC'): string =>
  `SELECT fi.id FROM federated_identity fi INDEXED BY federated_identity_by_subject
    WHERE fi.provider_id = ?1 AND fi.subject_key IS NOT NULL AND fi.subject_key ${comparison} ?2
    ORDER BY fi.subject_key ${order} LIMIT ${MAX_EXPLAINED_NEIGHBOURS}`;
const CANDIDATES = `WITH candidate AS (SELECT * FROM (${OLDEST}) UNION SELECT * FROM (${neighbours('>=', 'ASC')})
  UNION SELECT * FROM (${neighbours('<', 'DESC')}))`;
const IDENTITIES = `${CANDIDATES} SELECT ${selectList(identityColumns('?4'))} FROM candidate CROSS JOIN federated_identity fi ON fi.id = candidate.id AND fi.organisation_id = ?3
  CROSS JOIN service_account sa ON sa.id = fi.service_account_id ORDER BY fi.id`;
const ROLES = `${CANDIDATES} SELECT b.service_account_id, r.slug, b.projects, b.scopes
  FROM (SELECT DISTINCT fi.service_account_id AS id FROM candidate CROSS JOIN federated_identity fi ON fi.id = candidate.id AND fi.organisation_id = ?3) account
  CROSS JOIN role_binding b ON b.service_account_id = account.id CROSS JOIN role r ON r.id = b.role_id`;

/**
 * Every statement of this file, for the test that each of them uses an index.
 * @internal
 */
export const EXPLAIN_STATEMENTS: readonly string[] = [PROVIDER, USED, ACCOUNT, ISSUERS, IDENTITIES, ROLES];

/** Reads them in one batch. Throws StorageUnavailable. */
export async function readExplainFacts(
  db: D1Database,
  defaultAudience: string,
  query: ExplainQuery,
): Promise<ExplainFacts> {
  const { organisationId, providerId, near, serviceAccount, usedTokenKey } = query;
  const [provider, used, account, identities, roles] = await runBatch(db, [
    db.prepare(PROVIDER).bind(providerId, organisationId),
    db.prepare(USED).bind(usedTokenKey),
    db.prepare(ACCOUNT).bind(organisationId, serviceAccount),
    db.prepare(IDENTITIES).bind(providerId, near, organisationId, defaultAudience),
    db.prepare(ROLES).bind(providerId, near, organisationId),
  ]);
  const rows = rowsOf<IdentityRow>(identities);
  return {
    providerName: rowsOf<{ name: string }>(provider)[0]?.name ?? null,
    identities: rows.map(toIdentity),
    heldRoles: rowsOf<HeldRoleRow>(roles).map(toHeldRole),
    truncated: rows.length > MAX_EXPLAINED_OLDEST,
    isUsed: rowsOf(used).length > 0,
    serviceAccount: rowsOf<NonNullable<ExplainFacts['serviceAccount']>>(account)[0] ?? null,
  };
}

/** The issuers that an organisation has registered, the oldest first. Throws StorageUnavailable. */
export async function readIssuers(db: D1Database, organisationId: string): Promise<readonly string[]> {
  const [issuers] = await runBatch(db, [db.prepare(ISSUERS).bind(organisationId)]);
  return rowsOf<{ issuer: string }>(issuers).map(({ issuer }) => issuer);
}
