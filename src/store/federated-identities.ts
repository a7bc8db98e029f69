// The table federated_identity: rows in, typed objects out; it decides nothing about what a rule may say.

import type {
  ChangeEvent,
  FederatedIdentityRecord,
  FederatedIdentityStore,
  ListFilter,
  WriteOutcome,
} from '../objects/storage.ts';
import { readJson } from '../token/json-reader.ts';
import { MAX_IDENTITIES_PER_SERVICE_ACCOUNT } from '../objects/limits.ts';
import type { Conditions, FederatedIdentity, Organisation, ServiceAccount } from '../objects/model.ts';
import { subjectKeyOfRule } from '../rules/subject.ts';
import { rowsOf, runBatch } from './d1.ts';
import { eventExists, insertEvent } from './iam-audit.ts';
import type { Condition } from './iam-audit.ts';
import { writeChange } from './iam-write.ts';
import { identityProviderSource, presetOf, toIdentityProviderRecord } from './identity-providers.ts';
import type { IdentityProviderRecordRow } from './identity-providers.ts';
import { listObjects, objectStatement, readObject } from './list-query.ts';
import type { ListSource } from './list-query.ts';
import { toObjectMeta } from './object-meta.ts';
import type { ObjectMetaRow } from './object-meta.ts';
import { removeLabels, writeLabels } from './object-labels.ts';
import { selectOrganisation } from './organisations.ts';
import { serviceAccountSource, toServiceAccountRecord } from './service-accounts.ts';
import type { ServiceAccountRecordRow } from './service-accounts.ts';

/** The columns a rule is compiled from. */
export interface FederatedIdentityRow {
  readonly id: string;
  readonly organisation_id: string;
  readonly service_account_id: string;
  readonly provider_id: string;
  readonly name: string;
  readonly provider_subject: string;
  readonly provider_subject_match: 'exact' | 'glob';
  readonly trusted_audiences: string;
  readonly audience_match_mode: 'any' | 'all' | 'exact';
  readonly conditions: string | null;
  readonly expression: string | null;
  readonly allowed_scopes: string;
  readonly token_audiences: string;
  readonly token_lifetime: number;
  readonly max_token_lifetime: number;
  readonly forwarded_claims: string;
  readonly replay_protection: 'off' | 'singleUse';
  readonly mode: 'enforce' | 'shadow';
  readonly status: 'active' | 'inactive' | 'revoked';
  readonly expires_at: number | null;
  readonly last_used_at: number | null;
  readonly object_version: number;
}

/** Maps a row and its service account to the federated identity that core knows. */
export function toFederatedIdentity(row: FederatedIdentityRow, serviceAccount: ServiceAccount): FederatedIdentity {
  return {
    id: row.id,
    name: row.name,
    organisationId: row.organisation_id,
    serviceAccount,
    providerSubject: row.provider_subject,
    providerSubjectMatch: row.provider_subject_match,
    trustedAudiences: JSON.parse(row.trusted_audiences) as string[],
    audienceMatchMode: row.audience_match_mode,
    conditions: row.conditions === null ? null : (readJson(row.conditions) as Conditions),
    expression: row.expression,
    allowedScopes: JSON.parse(row.allowed_scopes) as string[],
    tokenAudiences: JSON.parse(row.token_audiences) as string[],
    tokenLifetime: row.token_lifetime,
    maxTokenLifetime: row.max_token_lifetime,
    forwardedClaims: JSON.parse(row.forwarded_claims) as string[],
    replayProtection: row.replay_protection,
    mode: row.mode,
    status: row.status,
    expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at,
    objectVersion: row.object_version,
  };
}

/** All columns of an identity, and those of its parents that the API answers with it. */
export interface FederatedIdentityRecordRow extends FederatedIdentityRow, ObjectMetaRow {
  readonly object_version: number;
  readonly account_slug: string;
  readonly account_name: string;
  readonly account_status: 'active' | 'inactive';
  readonly provider_name: string;
  readonly provider_issuer: string;
  readonly provider_preset: string;
  readonly provider_subject_claim: string;
}

/** Maps a whole row to the federated identity that the API answers. */
export function toFederatedIdentityRecord(row: FederatedIdentityRecordRow): FederatedIdentityRecord {
  const serviceAccount: ServiceAccount = {
    id: row.service_account_id,
    organisationId: row.organisation_id,
    slug: row.account_slug,
    status: row.account_status,
  };
  return {
    ...toFederatedIdentity(row, serviceAccount),
    ...toObjectMeta(row),
    serviceAccountName: row.account_name,
    provider: {
      id: row.provider_id,
      name: row.provider_name,
      providerIssuer: row.provider_issuer,
      preset: presetOf(row.provider_preset),
      subjectClaim: row.provider_subject_claim,
    },
  };
}

export const federatedIdentitySource: ListSource = {
  table: 'federated_identity',
  alias: 'f',
  columns: `f.*, a.slug AS account_slug, a.name AS account_name, a.status AS account_status, p.name AS provider_name,
    p.issuer AS provider_issuer, p.preset AS provider_preset, p.subject_claim AS provider_subject_claim`,
  joins: `CROSS JOIN service_account a ON a.id = f.service_account_id
    CROSS JOIN identity_provider p ON p.id = f.provider_id`,
  idPrefix: 'fid_',
};

/** The federated identities of D1, for the IAM API. */
export function federatedIdentityStore(db: D1Database): FederatedIdentityStore {
  return {
    list: (organisation, filter) =>
      listObjects(
        db,
        federatedIdentitySource,
        organisation,
        filter,
        federatedIdentityConditions(filter),
        toFederatedIdentityRecord,
      ),
    read: (organisation, id) => readObject(db, federatedIdentitySource, organisation, id, toFederatedIdentityRecord),
    readParents: (organisation, serviceAccountId, providerId) =>
      readParents(db, organisation, serviceAccountId, providerId),
    create: (identity, event) => createIdentity(db, identity, event),
    update: (next, version, event) => updateIdentity(db, next, version, event),
    remove: (identity, event) => removeIdentity(db, identity, event),
  };
}

/** What narrows a list of identities beside name, identity and labels; `expired` is read from expires_at, as in the answer. */
export function federatedIdentityConditions(filter: ListFilter): Condition[] {
  const conditions: Condition[] = [];
  const { serviceAccount, provider, status, now } = filter;
  if (serviceAccount !== null) {
    conditions.push(
      serviceAccount.startsWith('sa_')
        ? { sql: 'f.service_account_id = ?', values: [serviceAccount] }
        : {
            sql: 'f.service_account_id = (SELECT id FROM service_account s WHERE s.organisation_id = f.organisation_id AND s.slug = ?)',
            values: [serviceAccount],
          },
    );
  }
  if (provider !== null) {
    conditions.push(
      provider.startsWith('idp_')
        ? { sql: 'f.provider_id = ?', values: [provider] }
        : {
            sql: 'f.provider_id = (SELECT id FROM identity_provider i WHERE i.organisation_id = f.organisation_id AND i.name = ?)',
            values: [provider],
          },
    );
  }
  if (status === 'expired') {
    conditions.push({ sql: "f.status <> 'revoked' AND f.expires_at <= ?", values: [now] });
  } else if (status === 'revoked') {
    conditions.push({ sql: 'f.status = ?', values: [status] });
  } else if (status !== null) {
    conditions.push({ sql: 'f.status = ? AND (f.expires_at IS NULL OR f.expires_at > ?)', values: [status, now] });
  }
  if (filter.slug !== null) conditions.push({ sql: "f.id = ''", values: [] });
  return conditions;
}

async function readParents(
  db: D1Database,
  organisation: string,
  serviceAccountId: string,
  providerId: string,
): ReturnType<FederatedIdentityStore['readParents']> {
  const [owner, accounts, providers] = await runBatch(db, [
    selectOrganisation(db, organisation),
    objectStatement(db, serviceAccountSource, organisation, serviceAccountId),
    objectStatement(db, identityProviderSource, organisation, providerId),
  ]);
  const account = rowsOf<ServiceAccountRecordRow>(accounts)[0];
  const provider = rowsOf<IdentityProviderRecordRow>(providers)[0];
  return {
    organisation: rowsOf<Organisation>(owner)[0] ?? null,
    serviceAccount: account === undefined ? null : toServiceAccountRecord(account),
    provider: provider === undefined ? null : toIdentityProviderRecord(provider),
  };
}

async function createIdentity(
  db: D1Database,
  identity: FederatedIdentityRecord,
  event: ChangeEvent,
): Promise<WriteOutcome> {
  const recorded = eventExists(event);
  const account = identity.serviceAccount.id;
  const parents: Condition = {
    sql: `EXISTS (SELECT 1 FROM service_account WHERE id = ? AND organisation_id = ?)
      AND EXISTS (SELECT 1 FROM identity_provider WHERE id = ? AND organisation_id = ?)`,
    values: [account, identity.organisationId, identity.provider.id, identity.organisationId],
  };
  // Counted inside the write, so that two creations at once cannot both be the hundredth.
  const guard: Condition = {
    sql: `${parents.sql} AND (SELECT COUNT(*) FROM federated_identity WHERE service_account_id = ?) < ?`,
    values: [...parents.values, account, MAX_IDENTITIES_PER_SERVICE_ACCOUNT],
  };
  const columns: Record<string, string | number | null> = {
    id: identity.id,
    organisation_id: identity.organisationId,
    service_account_id: account,
    provider_id: identity.provider.id,
    ...changeableColumns(identity),
    created_at: identity.createdAt,
    object_version: identity.objectVersion,
  };
  const names = Object.keys(columns);
  const insert = db
    .prepare(
      `INSERT INTO federated_identity (${names.join(', ')}) SELECT ${names.map(() => '?').join(', ')} WHERE ${recorded.sql}`,
    )
    .bind(...Object.values(columns), ...recorded.values);
  return await writeChange<{ parents: number }>(
    db,
    [
      insertEvent(db, event, guard),
      insert,
      ...writeLabels(db, event, identity.id, identity.labels),
      db.prepare(`SELECT ${parents.sql} AS parents`).bind(...parents.values),
    ],
    (row) => ({ outcome: row?.parents === 1 ? 'limit' : 'dangling' }),
  );
}

async function updateIdentity(
  db: D1Database,
  next: FederatedIdentityRecord,
  version: number,
  event: ChangeEvent,
): Promise<WriteOutcome> {
  const recorded = eventExists(event);
  const columns = changeableColumns(next);
  const update = db
    .prepare(
      `UPDATE federated_identity SET ${Object.keys(columns)
        .map((name) => `${name} = ?`)
        .join(', ')}, object_version = object_version + 1
       WHERE id = ? AND organisation_id = ? AND object_version = ? AND ${recorded.sql}`,
    )
    .bind(...Object.values(columns), next.id, next.organisationId, version, ...recorded.values);
  return await writeChange(
    db,
    [insertEvent(db, event, atVersion(next, version)), update, ...writeLabels(db, event, next.id, next.labels)],
    () => ({ outcome: 'stale' }),
  );
}

async function removeIdentity(
  db: D1Database,
  identity: FederatedIdentityRecord,
  event: ChangeEvent,
): Promise<WriteOutcome> {
  const recorded = eventExists(event);
  return await writeChange(
    db,
    [
      insertEvent(db, event, atVersion(identity, identity.objectVersion)),
      removeLabels(db, event, { sql: '?', values: [identity.id] }),
      db
        .prepare(`DELETE FROM federated_identity WHERE id = ? AND organisation_id = ? AND ${recorded.sql}`)
        .bind(identity.id, identity.organisationId, ...recorded.values),
    ],
    () => ({ outcome: 'stale' }),
  );
}

/** The columns that an update may change; their names are ours, never a caller's. */
function changeableColumns(identity: FederatedIdentityRecord): Record<string, string | number | null> {
  return {
    name: identity.name,
    description: identity.description,
    labels: JSON.stringify(identity.labels),
    annotations: JSON.stringify(identity.annotations),
    provider_subject: identity.providerSubject,
    provider_subject_match: identity.providerSubjectMatch,
    subject_key: subjectKeyOfRule(identity.providerSubject, identity.providerSubjectMatch),
    trusted_audiences: JSON.stringify(identity.trustedAudiences),
    audience_match_mode: identity.audienceMatchMode,
    conditions: identity.conditions === null ? null : JSON.stringify(identity.conditions),
    expression: identity.expression,
    allowed_scopes: JSON.stringify(identity.allowedScopes),
    token_audiences: JSON.stringify(identity.tokenAudiences),
    token_lifetime: identity.tokenLifetime,
    max_token_lifetime: identity.maxTokenLifetime,
    forwarded_claims: JSON.stringify(identity.forwardedClaims),
    replay_protection: identity.replayProtection,
    mode: identity.mode,
    status: identity.status,
    expires_at: identity.expiresAt,
    updated_at: identity.updatedAt,
  };
}

function atVersion(identity: FederatedIdentityRecord, version: number): Condition {
  return {
    sql: 'EXISTS (SELECT 1 FROM federated_identity WHERE id = ? AND organisation_id = ? AND object_version = ?)',
    values: [identity.id, identity.organisationId, version],
  };
}
