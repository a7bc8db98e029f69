// Reads everything an exchange needs in one D1 round trip, by index only, in a number of rows that does not grow with the tables.

import {
  MAX_EXACT_RULES_WITHOUT_ACCOUNT,
  MAX_IDENTITIES_PER_SERVICE_ACCOUNT,
  MAX_PATTERN_RULES_WITHOUT_ACCOUNT,
} from '../core/limits.ts';
import type { FederatedIdentity, Organisation, ServiceAccount } from '../core/model.ts';
import { StorageUnavailable } from '../core/ports.ts';
import type { ExchangeFacts, ExchangeQuery } from '../core/ports.ts';
import { runBatch, rowsOf } from './d1.ts';
import { toFederatedIdentity } from './federated-identities.ts';
import type { FederatedIdentityRow } from './federated-identities.ts';
import { toIdentityProvider } from './identity-providers.ts';
import type { IdentityProviderRow } from './identity-providers.ts';
import { toHeldRole } from './held-roles.ts';
import type { HeldRoleRow } from './held-roles.ts';
import { toServiceAccount } from './service-accounts.ts';
import type { ServiceAccountRow } from './service-accounts.ts';
import { toSigningKeyState } from './signing-keys.ts';
import type { SigningKeyRow } from './signing-keys.ts';

/** Of the tables `fi` and `sa`. */
export const IDENTITY_COLUMNS: string = `fi.id, fi.organisation_id, fi.service_account_id, fi.provider_id, fi.name, fi.provider_subject,
  fi.provider_subject_match, fi.trusted_audiences, fi.audience_match_mode, fi.conditions, fi.expression, fi.allowed_scopes,
  fi.token_audiences, fi.token_lifetime, fi.max_token_lifetime, fi.forwarded_claims, fi.replay_protection, fi.mode, fi.status,
  fi.expires_at, fi.object_version, sa.organisation_id AS account_organisation_id, sa.slug AS account_slug, sa.status AS account_status`;

// ?1 organisation (id or slug) or NULL, ?2 issuer, ?3 what names the account, ?4 the default organisation's id.
const ORGANISATION_NAMED =
  '(SELECT id FROM organisation WHERE id = ?1 UNION ALL SELECT id FROM organisation WHERE slug = ?1 LIMIT 1)';
const ACCOUNT_BY_ID = `account AS (SELECT * FROM service_account WHERE id = ?3 AND (?1 IS NULL OR organisation_id = ${ORGANISATION_NAMED}))`;
const ACCOUNT_BY_SLUG = `account AS (SELECT * FROM service_account WHERE organisation_id = ${ORGANISATION_NAMED} AND slug = ?3)`;
const ACCOUNT_OF_IDENTITY = `account AS (SELECT * FROM service_account WHERE id = (SELECT service_account_id FROM federated_identity WHERE id = ?3)
  AND (?1 IS NULL OR organisation_id = ${ORGANISATION_NAMED}))`;

/**
 * What is small and always needed, as JSON in one row, since each statement of a batch costs as much as a row: the
 * organisation, the account where one is named, the states of our keys.
 */
function contextOf(organisation: string, named: 'account' | null): string {
  return `SELECT
    (SELECT json_object('id', id, 'slug', slug) FROM organisation WHERE id = ${organisation}) AS organisation,
    ${named === null ? 'NULL' : `(SELECT json_object('id', id, 'organisation_id', organisation_id, 'slug', slug, 'status', status) FROM ${named})`} AS account,
    (SELECT json_group_array(json_object('kid', kid, 'alg', alg, 'status', status, 'published_at', published_at, 'activated_at', activated_at,
      'retiring_at', retiring_at, 'expires_at', expires_at, 'revoked_at', revoked_at)) FROM signing_key) AS signing_keys`;
}

// As rows: the bindings of a few accounts can be more than the 2 MB that D1 carries in one.
const ROLES = `SELECT b.service_account_id, r.slug, b.projects, b.scopes
  FROM account CROSS JOIN role_binding b ON b.service_account_id = account.id CROSS JOIN role r ON r.id = b.role_id`;

interface ContextRow {
  readonly organisation: string | null;
  readonly account: string | null;
  readonly signing_keys: string;
}

/** The queries of an exchange that names whom it wants to act as. `account` is a common table expression of one row at most. */
function namedAccountQueries(account: string): Queries {
  // Of an unknown account, the named organisation's: another's keys, rules or status would tell which slugs are taken.
  const owner = `coalesce((SELECT organisation_id FROM account), ${ORGANISATION_NAMED})`;
  const provider = `provider AS (SELECT * FROM identity_provider WHERE organisation_id = ${owner} AND issuer = ?2)`;
  return {
    context: `WITH ${account} ${contextOf(owner, 'account')}`,
    // Of the account's organisation; else the default organisation's, which no tenant decides about; else of any that
    // registered the issuer, so that an unknown account is verified and refused in the very words of one that does not match.
    provider: `WITH ${account}, ${provider}, fallback AS (SELECT * FROM identity_provider WHERE organisation_id = ?4 AND issuer = ?2)
      SELECT * FROM provider
      UNION ALL SELECT * FROM fallback WHERE NOT EXISTS (SELECT 1 FROM provider)
      UNION ALL SELECT * FROM (SELECT * FROM identity_provider WHERE issuer = ?2 ORDER BY status, id LIMIT 1)
        WHERE NOT EXISTS (SELECT 1 FROM provider) AND NOT EXISTS (SELECT 1 FROM fallback)`,
    identities: `WITH ${account}, ${provider} SELECT ${IDENTITY_COLUMNS}
      FROM account sa CROSS JOIN provider CROSS JOIN federated_identity fi ON fi.service_account_id = sa.id AND fi.provider_id = provider.id
      ORDER BY fi.id LIMIT ${MAX_IDENTITIES_PER_SERVICE_ACCOUNT + 1}`,
    roles: `WITH ${account} ${ROLES}`,
  };
}

// ?1 organisation (id or slug), ?2 issuer, ?3 subject keys and ?4 all strings of the token (JSON arrays).
const PROVIDER_OF_ORGANISATION = `provider AS (SELECT * FROM identity_provider WHERE organisation_id = ${ORGANISATION_NAMED} AND issuer = ?2)`;
const EXACT_RULES = `SELECT fi.id FROM provider
  CROSS JOIN json_each(CASE provider.subject_claim WHEN 'sub' THEN ?3 ELSE ?4 END) wanted
  CROSS JOIN federated_identity fi ON fi.provider_id = provider.id AND fi.subject_key = wanted.value
  LIMIT ${MAX_EXACT_RULES_WITHOUT_ACCOUNT + 1}`;
const PATTERN_RULES = `SELECT fi.id FROM provider CROSS JOIN federated_identity fi ON fi.provider_id = provider.id AND fi.subject_key IS NULL
  ORDER BY fi.id LIMIT ${MAX_PATTERN_RULES_WITHOUT_ACCOUNT + 1}`;
const CANDIDATES = `WITH ${PROVIDER_OF_ORGANISATION}, candidate AS (SELECT * FROM (${EXACT_RULES}) UNION ALL SELECT * FROM (${PATTERN_RULES}))`;

const ANY_ACCOUNT: Queries = {
  context: contextOf(ORGANISATION_NAMED, null),
  provider: `WITH ${PROVIDER_OF_ORGANISATION} SELECT * FROM provider`,
  identities: `${CANDIDATES} SELECT ${IDENTITY_COLUMNS} FROM candidate CROSS JOIN federated_identity fi ON fi.id = candidate.id
    CROSS JOIN service_account sa ON sa.id = fi.service_account_id ORDER BY fi.id`,
  roles: `${CANDIDATES}, account AS (SELECT DISTINCT fi.service_account_id AS id FROM candidate CROSS JOIN federated_identity fi ON fi.id = candidate.id)
    ${ROLES}`,
};

interface Queries {
  readonly context: string;
  readonly provider: string;
  readonly identities: string;
  readonly roles: string;
}

interface Statement {
  readonly sql: string;
  /** The highest `?N` of it: D1 refuses a value that no parameter takes. */
  readonly parameters: number;
}

function inOrder({ context, provider, identities, roles }: Queries): readonly Statement[] {
  return [context, provider, identities, roles].map((sql) => ({
    sql,
    parameters: Math.max(...[...sql.matchAll(/\?(\d)/g)].map((match) => Number(match[1]))),
  }));
}

const BY_ID = inOrder(namedAccountQueries(ACCOUNT_BY_ID));
const BY_SLUG = inOrder(namedAccountQueries(ACCOUNT_BY_SLUG));
const BY_IDENTITY = inOrder(namedAccountQueries(ACCOUNT_OF_IDENTITY));
const BY_TOKEN = inOrder(ANY_ACCOUNT);

/** Every statement of the exchange's read, for the test that each of them uses an index. */
export const EXCHANGE_STATEMENTS: readonly string[] = [...BY_ID, ...BY_SLUG, ...BY_IDENTITY, ...BY_TOKEN].map(
  ({ sql }) => sql,
);

export type IdentityRow = FederatedIdentityRow & {
  readonly account_organisation_id: string;
  readonly account_slug: string;
  readonly account_status: ServiceAccount['status'];
};

/** Reads the facts of one exchange in one batch. `defaultOrganisation` (its id) is searched where neither account nor organisation is named. */
export async function readExchangeFacts(
  db: D1Database,
  defaultOrganisation: string,
  query: ExchangeQuery,
): Promise<ExchangeFacts> {
  const { statements, values } = selectStatements(query, defaultOrganisation);
  const [context, provider, identities, roles] = await runBatch(
    db,
    statements.map(({ sql, parameters }) => db.prepare(sql).bind(...values.slice(0, parameters))),
  );
  const [row] = rowsOf<ContextRow>(context);
  if (row === undefined) throw new StorageUnavailable('D1 answered an exchange without its context');
  const { rows, truncated } = boundIdentities(rowsOf<IdentityRow>(identities), query);
  const [providerRow] = rowsOf<IdentityProviderRow>(provider);
  return {
    organisation: row.organisation === null ? null : (JSON.parse(row.organisation) as Organisation),
    provider: providerRow === undefined ? null : toIdentityProvider(providerRow),
    serviceAccount: row.account === null ? null : toServiceAccount(JSON.parse(row.account) as ServiceAccountRow),
    identities: rows.map(toIdentity),
    truncated,
    heldRoles: rowsOf<HeldRoleRow>(roles).map(toHeldRole),
    signingKeys: (JSON.parse(row.signing_keys) as SigningKeyRow[]).map(toSigningKeyState),
  };
}

function selectStatements(
  { organisation, issuer, serviceAccount, federatedIdentity, subjectKeys, allStrings }: ExchangeQuery,
  defaultOrganisation: string,
): { statements: readonly Statement[]; values: readonly (string | null)[] } {
  if (federatedIdentity !== null)
    return { statements: BY_IDENTITY, values: [organisation, issuer, federatedIdentity, defaultOrganisation] };
  if (serviceAccount !== null) {
    const statements = organisation === null || serviceAccount.startsWith('sa_') ? BY_ID : BY_SLUG;
    return { statements, values: [organisation, issuer, serviceAccount, defaultOrganisation] };
  }
  const values = [organisation ?? defaultOrganisation, issuer, JSON.stringify(subjectKeys), JSON.stringify(allStrings)];
  return { statements: BY_TOKEN, values };
}

/** Cuts the candidates to their bound, and says so; the one identity asked for leaves no others. */
function boundIdentities(
  rows: readonly IdentityRow[],
  query: ExchangeQuery,
): { rows: readonly IdentityRow[]; truncated: boolean } {
  if (query.federatedIdentity !== null)
    return { rows: rows.filter((row) => row.id === query.federatedIdentity), truncated: false };
  if (query.serviceAccount !== null)
    return { rows: rows.slice(0, MAX_IDENTITIES_PER_SERVICE_ACCOUNT), truncated: false };
  const patterns = rows.filter((row) => row.provider_subject_match === 'glob').length;
  const truncated =
    patterns > MAX_PATTERN_RULES_WITHOUT_ACCOUNT || rows.length - patterns > MAX_EXACT_RULES_WITHOUT_ACCOUNT;
  return { rows, truncated };
}

/** Maps a row to the federated identity that core knows. */
export function toIdentity(row: IdentityRow): FederatedIdentity {
  return toFederatedIdentity(row, {
    id: row.service_account_id,
    organisationId: row.account_organisation_id,
    slug: row.account_slug,
    status: row.account_status,
  });
}
