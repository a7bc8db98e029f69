// Reads everything an exchange needs in one D1 round trip (exchange-statements.ts), and makes facts of the rows.

import { MAX_EXACT_RULES_WITHOUT_ACCOUNT, MAX_PATTERN_RULES_WITHOUT_ACCOUNT } from '../exchange/limits.ts';
import type { SubjectKey } from '../exchange/lookup.ts';
import { StorageUnavailable } from '../exchange/ports.ts';
import type { ExchangeFacts, ExchangeQuery, SigningKeyState } from '../exchange/ports.ts';
import { federatedIdentity } from '../objects/federated-identity.ts';
import type { FederatedIdentity } from '../objects/federated-identity.ts';
import { identityProvider } from '../objects/identity-provider.ts';
import type { IdentityProvider } from '../objects/identity-provider.ts';
import type { MadeKey } from '../objects/key-rotation.ts';
import { MAX_IDENTITIES_PER_SERVICE_ACCOUNT } from '../objects/limits.ts';
import type { Organisation } from '../objects/organisation.ts';
import type { HeldRole } from '../objects/role-binding.ts';
import { serviceAccount } from '../objects/service-account.ts';
import { runBatch, rowsOf } from './d1.ts';
import {
  ACCOUNT_COLUMNS,
  HELD_ROLES,
  IDENTITY_COLUMNS,
  ORGANISATION_COLUMNS,
  PROVIDER_COLUMNS,
  ROLE_COLUMNS,
  selectStatement,
} from './exchange-statements.ts';
import type { Defaults } from './exchange-statements.ts';
import { toHeldRole } from './held-roles.ts';
import type { HeldRoleRow } from './held-roles.ts';
import { rowFrom } from './json-rows.ts';
import { fromRow } from './object-columns.ts';
import type { Row } from './object-columns.ts';
import { selectSealedKeys, SIGNING_KEY_COLUMNS } from './signing-keys.ts';

/** A row as identityColumns() selects it. */
export type IdentityRow = Row & {
  readonly id: string;
  readonly provider_id: string;
  readonly service_account_id: string;
  readonly provider_subject_match: string;
  readonly expression: string | null;
  readonly withheld_audiences: string;
};

type Values = readonly unknown[];

/** Reads the facts of one exchange, and in the same round trip the sealed signing keys if somebody is to learn them. */
export async function readExchangeFacts(
  db: D1Database,
  defaults: Defaults,
  query: ExchangeQuery,
  subjectKeys: readonly SubjectKey[],
  learnSealed: ((rows: readonly MadeKey[]) => Promise<void>) | null = null,
): Promise<ExchangeFacts> {
  const { statement, values } = selectStatement(query, subjectKeys, defaults);
  const [result, sealed] = await runBatch(db, [
    db.prepare(statement.sql).bind(...values.slice(0, statement.parameters)),
    ...(learnSealed === null ? [] : [selectSealedKeys(db)]),
  ]);
  await learnSealed?.(rowsOf<MadeKey>(sealed));
  const found = rowsOf<{ kind: string; data: string }>(result);
  const all = (wanted: string): Values[] =>
    found.flatMap(({ kind, data }) => (kind === wanted ? [JSON.parse(data) as Values] : []));
  const [context] = all('context') as [Values | null, Values | null, Values[], string | null][];
  if (context === undefined) throw new StorageUnavailable('D1 answered an exchange without its context');
  const [owner, account, keys, deployment] = context;
  if (deployment === null) throw new StorageUnavailable('policy_version lacks the deployment: apply schema.sql');
  const organisation = owner && rowFrom<Organisation & { readonly policy: string | null }>(ORGANISATION_COLUMNS, owner);
  const [provider = null, ...otherProviders] = all('provider')
    .map((values) => fromRow(identityProvider, rowFrom<Row>(PROVIDER_COLUMNS, values)))
    .sort(activeAndOldestFirst);
  // A compound SELECT promises no order.
  const candidates = found
    .filter(({ kind }) => kind === 'identity')
    .map(({ data }) => ({ text: data, row: rowFrom<IdentityRow>(IDENTITY_COLUMNS, JSON.parse(data) as Values) }))
    .sort((one, other) => (one.row.id < other.row.id ? -1 : 1));
  const { rows, truncated } = boundIdentities(candidates, query);
  return {
    policy: { organisation: organisation?.policy ?? null, deployment },
    chars: found.reduce((sum, { data }) => sum + data.length, 0),
    organisation: organisation && { id: organisation.id, slug: organisation.slug },
    provider,
    otherProviders,
    serviceAccount: account && fromRow(serviceAccount, rowFrom<Row>(ACCOUNT_COLUMNS, account)),
    identities: rows.map(({ row, text }) => ({
      text,
      providerId: row.provider_id,
      hasExpression: row.expression !== null,
      read: () => toIdentity(row),
    })),
    truncated,
    heldRoles:
      new Set(candidates.map(({ row }) => row.service_account_id)).size > 1
        ? null
        : all('role').map((values) => toHeldRole(rowFrom<HeldRoleRow>(ROLE_COLUMNS, values))),
    signingKeys: keys.map((values) => rowFrom<SigningKeyState>(SIGNING_KEY_COLUMNS, values)),
  };
}

/** Reads the roles that accounts of an organisation hold. */
export async function readHeldRoles(
  db: D1Database,
  organisationId: string | null,
  serviceAccountIds: readonly string[],
): Promise<readonly HeldRole[]> {
  if (serviceAccountIds.length === 0) return [];
  const [result] = await runBatch(db, [db.prepare(HELD_ROLES).bind(JSON.stringify(serviceAccountIds), organisationId)]);
  return rowsOf<HeldRoleRow>(result).map(toHeldRole);
}

/** If one is switched off, its issuer is that of the others all the same. */
function activeAndOldestFirst(one: IdentityProvider, other: IdentityProvider): number {
  if (one.status !== other.status) return one.status === 'active' ? -1 : 1;
  return one.id < other.id ? -1 : 1;
}

interface Candidate {
  readonly row: IdentityRow;
  /** The row as D1 sent it. */
  readonly text: string;
}

/** Cuts the candidates to their bound, and says so; the one identity asked for leaves no others. */
function boundIdentities(
  rows: readonly Candidate[],
  query: ExchangeQuery,
): { rows: readonly Candidate[]; truncated: boolean } {
  if (query.federatedIdentity !== null)
    return { rows: rows.filter(({ row }) => row.id === query.federatedIdentity), truncated: false };
  if (query.serviceAccount !== null)
    return { rows: rows.slice(0, MAX_IDENTITIES_PER_SERVICE_ACCOUNT), truncated: false };
  const patterns = rows.filter(({ row }) => row.provider_subject_match === 'glob').length;
  const truncated =
    patterns > MAX_PATTERN_RULES_WITHOUT_ACCOUNT || rows.length - patterns > MAX_EXACT_RULES_WITHOUT_ACCOUNT;
  return { rows, truncated };
}

/** Maps a row to the rule that an exchange knows. */
export function toIdentity(row: IdentityRow): FederatedIdentity {
  const identity = fromRow(federatedIdentity, row);
  return {
    ...identity,
    serviceAccount: { ...identity.serviceAccount, organisationId: identity.organisationId },
    withheldAudiences: JSON.parse(row.withheld_audiences) as string[],
  };
}
