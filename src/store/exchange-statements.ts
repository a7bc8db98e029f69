// The SQL that reads the facts of an exchange: one statement for each way to name an account, by index only.

import { MAX_EXACT_RULES_WITHOUT_ACCOUNT, MAX_PATTERN_RULES_WITHOUT_ACCOUNT } from '../exchange/limits.ts';
import type { SubjectKey } from '../exchange/lookup.ts';
import type { ExchangeQuery } from '../exchange/ports.ts';
import { federatedIdentity } from '../objects/federated-identity.ts';
import { identityProvider } from '../objects/identity-provider.ts';
import { MAX_IDENTITIES_PER_SERVICE_ACCOUNT, MAX_PROVIDERS_OF_ONE_ISSUER } from '../objects/limits.ts';
import { columnsOf, jsonArrayOf, selectList } from './json-rows.ts';
import type { Columns } from './json-rows.ts';
import { decidingColumns } from './object-columns.ts';
import { DEPLOYMENT, versionOf } from './policy-guard.ts';
import { SIGNING_KEY_COLUMNS } from './signing-keys.ts';
import { withheldOf } from './withheld-audiences.ts';

/** A rule with its account, of the tables `fi` and `sa`; the parameter stands for an empty list of token audiences. */
export function identityColumns(defaultAudience: string): Columns {
  return {
    ...columnsOf('fi', decidingColumns(federatedIdentity)),
    serviceAccount_slug: 'sa.slug',
    serviceAccount_status: 'sa.status',
    serviceAccount_tokens_not_before: 'sa.tokens_not_before',
    withheld_audiences: withheldOf(defaultAudience),
  };
}
export const IDENTITY_COLUMNS = identityColumns('?5');
export const PROVIDER_COLUMNS: Columns = columnsOf('p', decidingColumns(identityProvider));
export const ROLE_COLUMNS: Columns = {
  ...columnsOf('b', ['service_account_id', 'projects', 'scopes']),
  ...columnsOf('r', ['slug']),
};
export const ORGANISATION_COLUMNS = { ...columnsOf('o', ['id', 'slug']), policy: versionOf('o.id') };
export const ACCOUNT_COLUMNS = columnsOf('a', ['id', 'organisation_id', 'slug', 'status', 'tokens_not_before']);

interface Statement {
  readonly sql: string;
  /** The highest `?N` of it: D1 refuses a value that no parameter takes. */
  readonly parameters: number;
}

/** What the statement of one kind of lookup consists of, in SQL. */
interface Lookup {
  /** Common table expressions, if any. */
  readonly tables?: string;
  /** The organisation's id. */
  readonly organisation: string;
  /** The row of the account asked for, as `FROM`; null if none is named. */
  readonly account: string | null;
  /** The rows of the issuer's providers, as `FROM`: `p`, of one organisation. */
  readonly providers: string;
  /** The candidates' rows, from `FROM` on: `fi` joined with its account `sa`. */
  readonly identities: string;
  /** Which bindings count: a condition on `b`. */
  readonly bindings: string;
}

/**
 * Rows of the organisation alone: one that names another's, as only a hand can write it, counts for nothing, and so every change
 * of a row that counts raises this organisation's version. With a `+`, since no index is to be chosen by it.
 *
 * One statement for everything, since in D1 each costs about as much as the rest of the read: a row of what is small and
 * always there, then rows for what may be many. Not all in one: a row carries 2 MB, which the bindings of a few accounts
 * may exceed. D1 allows five terms in a compound SELECT. SQLite compiles the text anew each time, which takes longer than
 * to run it: so lookups by key in place, and no common table expression that would be compiled wherever it is named.
 */
function statementOf({ tables, organisation, account, providers, identities, bindings }: Lookup): Statement {
  const sql = `${tables === undefined ? '' : `WITH ${tables}`}
    SELECT 'context' AS kind, json_array(
      json((SELECT ${jsonArrayOf(ORGANISATION_COLUMNS)} FROM organisation o WHERE o.id = ${organisation})),
      ${account === null ? 'NULL' : `json((SELECT ${jsonArrayOf(ACCOUNT_COLUMNS)} FROM ${account}))`},
      json((SELECT json_group_array(${jsonArrayOf(SIGNING_KEY_COLUMNS)}) FROM signing_key k)), ${versionOf(DEPLOYMENT)}) AS data
    UNION ALL SELECT * FROM (SELECT 'provider', ${jsonArrayOf(PROVIDER_COLUMNS)} FROM ${providers} ORDER BY p.id LIMIT ${MAX_PROVIDERS_OF_ONE_ISSUER})
    UNION ALL SELECT * FROM (SELECT 'identity', ${jsonArrayOf(IDENTITY_COLUMNS)} FROM ${identities})
    UNION ALL SELECT 'role', ${jsonArrayOf(ROLE_COLUMNS)} FROM role_binding b CROSS JOIN role r ON r.id = b.role_id AND +r.organisation_id = b.organisation_id WHERE ${bindings}`;
  return { sql, parameters: Math.max(...[...sql.matchAll(/\?(\d)/g)].map((match) => Number(match[1]))) };
}

// ?1 organisation (id or slug), ?2 issuer, ?3 what names the account, ?4 the default organisation's id, ?5 the default audience.
const ORGANISATION_NAMED =
  'coalesce((SELECT id FROM organisation WHERE id = ?1), (SELECT id FROM organisation WHERE slug = ?1))';

/** An exchange that names whom it wants to act as: `condition` finds one account `a` at most, of `organisation` if one is named. */
function ofNamedAccount(condition: string, organisation: string | null): Statement {
  const account = `service_account a WHERE ${condition}${organisation === null ? '' : ` AND a.organisation_id = ${organisation}`}`;
  // Of an unknown account, the named organisation's: another's keys, rules or status would tell which slugs are taken.
  const owner = organisation ?? `(SELECT a.organisation_id FROM ${account})`;
  return statementOf({
    organisation: owner,
    account,
    // Of the account's organisation; else the default organisation's, which no tenant decides about; else of any that
    // registered the issuer, so that an unknown account is verified and refused in the very words of one that does not match.
    providers: `identity_provider p WHERE p.issuer = ?2 AND p.organisation_id = coalesce(
      (SELECT organisation_id FROM identity_provider WHERE organisation_id = ${owner} AND issuer = ?2 LIMIT 1),
      (SELECT organisation_id FROM identity_provider WHERE organisation_id = ?4 AND issuer = ?2 LIMIT 1),
      (SELECT organisation_id FROM identity_provider WHERE issuer = ?2 ORDER BY status, id LIMIT 1))`,
    identities: `(SELECT * FROM ${account}) sa
      CROSS JOIN identity_provider p ON p.organisation_id = sa.organisation_id AND p.issuer = ?2
      CROSS JOIN federated_identity fi ON fi.service_account_id = sa.id AND fi.provider_id = p.id AND +fi.organisation_id = sa.organisation_id
      ORDER BY fi.id LIMIT ${MAX_IDENTITIES_PER_SERVICE_ACCOUNT + 1}`,
    bindings: `(b.service_account_id, b.organisation_id) = (SELECT a.id, a.organisation_id FROM ${account})`,
  });
}

const BY_ID = ofNamedAccount('a.id = ?3', null);
const BY_ID_IN_ORGANISATION = ofNamedAccount('a.id = ?3', ORGANISATION_NAMED);
const BY_SLUG = ofNamedAccount('a.slug = ?3', ORGANISATION_NAMED);
const ACCOUNT_OF_IDENTITY = 'a.id = (SELECT service_account_id FROM federated_identity WHERE id = ?3)';
const BY_IDENTITY = ofNamedAccount(ACCOUNT_OF_IDENTITY, null);
const BY_IDENTITY_IN_ORGANISATION = ofNamedAccount(ACCOUNT_OF_IDENTITY, ORGANISATION_NAMED);

// ?1 organisation (id or slug), ?2 issuer, ?3 subject keys of the token with their claims (JSON pairs), ?4 nothing, ?5 the default audience.
const PROVIDERS_OF_ORGANISATION = `identity_provider p WHERE p.organisation_id = ${ORGANISATION_NAMED} AND p.issuer = ?2`;
const EXACT_RULES = `SELECT fi.id, fi.service_account_id FROM (SELECT p.id, p.organisation_id, p.subject_claim FROM ${PROVIDERS_OF_ORGANISATION}) p
  CROSS JOIN json_each(?3) wanted ON wanted.value ->> 0 = p.subject_claim
  CROSS JOIN federated_identity fi ON fi.provider_id = p.id AND fi.subject_key = wanted.value ->> 1 AND +fi.organisation_id = p.organisation_id
  LIMIT ${MAX_EXACT_RULES_WITHOUT_ACCOUNT + 1}`;
// In the order of the index, which is that of a provider's rules: sorting would have to read all of them first.
const PATTERN_RULES = `SELECT fi.id, fi.service_account_id FROM (SELECT p.id, p.organisation_id FROM ${PROVIDERS_OF_ORGANISATION}) p
  CROSS JOIN federated_identity fi ON fi.provider_id = p.id AND fi.subject_key IS NULL AND +fi.organisation_id = p.organisation_id
  LIMIT ${MAX_PATTERN_RULES_WITHOUT_ACCOUNT + 1}`;

const BY_TOKEN = statementOf({
  tables: `candidate AS MATERIALIZED (SELECT * FROM (${EXACT_RULES}) UNION ALL SELECT * FROM (${PATTERN_RULES}))`,
  organisation: ORGANISATION_NAMED,
  account: null,
  providers: PROVIDERS_OF_ORGANISATION,
  identities: `candidate CROSS JOIN federated_identity fi ON fi.id = candidate.id
    CROSS JOIN service_account sa ON sa.id = fi.service_account_id AND +sa.organisation_id = fi.organisation_id`,
  // Of one account at most: nobody has verified the token yet, and whose roles are needed is known once it has matched.
  bindings: `b.service_account_id = (SELECT min(service_account_id) FROM candidate HAVING min(service_account_id) = max(service_account_id)) AND +b.organisation_id = ${ORGANISATION_NAMED}`,
});

/** The reads of an exchange that names its account by id, by slug, by a rule of it (each in an organisation or not), and not at all. */
export const EXCHANGE_STATEMENTS: readonly string[] = [
  BY_ID,
  BY_ID_IN_ORGANISATION,
  BY_SLUG,
  BY_IDENTITY,
  BY_IDENTITY_IN_ORGANISATION,
  BY_TOKEN,
].map(({ sql }) => sql);

/** The roles of the accounts ?1 (JSON) of the organisation ?2. */
export const HELD_ROLES = `SELECT ${selectList(ROLE_COLUMNS)} FROM json_each(?1) wanted
  CROSS JOIN role_binding b ON b.service_account_id = wanted.value AND +b.organisation_id = ?2
  CROSS JOIN role r ON r.id = b.role_id AND +r.organisation_id = b.organisation_id`;

/** What stands for what is not named or not written. */
export interface Defaults {
  /** Its id; searched when neither account nor organisation is named. */
  readonly organisation: string;
  /** For a rule without token audiences. */
  readonly audience: string;
}

/** The read for what an exchange names, and the values of its parameters. */
export function selectStatement(
  { organisation, issuer, ...asked }: ExchangeQuery,
  subjectKeys: readonly SubjectKey[],
  defaults: Defaults,
): { statement: Statement; values: readonly (string | null)[] } {
  const named = (what: string): (string | null)[] => [
    organisation,
    issuer,
    what,
    defaults.organisation,
    defaults.audience,
  ];
  if (asked.federatedIdentity !== null) {
    const statement = organisation === null ? BY_IDENTITY : BY_IDENTITY_IN_ORGANISATION;
    return { statement, values: named(asked.federatedIdentity) };
  }
  if (asked.serviceAccount !== null) {
    const inOrganisation = asked.serviceAccount.startsWith('sa_') ? BY_ID_IN_ORGANISATION : BY_SLUG;
    return { statement: organisation === null ? BY_ID : inOrganisation, values: named(asked.serviceAccount) };
  }
  const values = [organisation ?? defaults.organisation, issuer, JSON.stringify(subjectKeys), null, defaults.audience];
  return { statement: BY_TOKEN, values };
}
