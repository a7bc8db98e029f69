// The table identity_provider: rows in, typed objects out; it decides nothing about what a provider may be.

import type { ChangeEvent, IdentityProviderRecord, ListFilter, ObjectStore, WriteOutcome } from '../objects/storage.ts';
import type { JsonObject } from '../token/json.ts';
import { readJson } from '../token/json-reader.ts';
import { ACCEPTED_ALGORITHMS } from '../objects/model.ts';
import type { Algorithm, IdentityProvider } from '../objects/model.ts';
import { PRESET_NAMES } from '../platforms/preset.ts';
import type { PresetName } from '../platforms/preset.ts';
import { eventExists, insertEvent } from './iam-audit.ts';
import type { Condition } from './iam-audit.ts';
import { writeChange } from './iam-write.ts';
import { listObjects, readObject } from './list-query.ts';
import type { ListSource } from './list-query.ts';
import { toObjectMeta } from './object-meta.ts';
import type { ObjectMetaRow } from './object-meta.ts';
import { removeLabels, writeLabels } from './object-labels.ts';

/** The columns a provider's rules are read from. */
export interface IdentityProviderRow {
  readonly id: string;
  readonly organisation_id: string;
  readonly issuer: string;
  readonly jwks_uri: string | null;
  readonly local_jwks: string | null;
  readonly status: 'active' | 'inactive';
  readonly preset: string;
  readonly allowed_algorithms: string;
  readonly max_token_lifetime: number;
  readonly subject_claim: string;
  readonly keys_version: number;
}

/** Maps a row to the provider that core knows; throws on a preset this build does not have, whose guards it would not apply. */
export function toIdentityProvider(row: IdentityProviderRow): IdentityProvider {
  return {
    id: row.id,
    organisationId: row.organisation_id,
    providerIssuer: row.issuer,
    providerJwksUri: row.jwks_uri,
    localJwks: row.local_jwks === null ? null : (readJson(row.local_jwks) as { keys: readonly JsonObject[] }),
    status: row.status,
    preset: presetOf(row.preset),
    allowedAlgorithms: (JSON.parse(row.allowed_algorithms) as Algorithm[]).filter((alg) =>
      ACCEPTED_ALGORITHMS.includes(alg),
    ),
    maxTokenLifetime: row.max_token_lifetime,
    subjectClaim: row.subject_claim,
    keysVersion: row.keys_version,
  };
}

/** The preset of that name; throws where this build has none. */
export function presetOf(name: string): PresetName {
  const preset = PRESET_NAMES.find((known) => known === name);
  if (preset === undefined) throw new Error(`identity_provider row with the unknown preset ${JSON.stringify(name)}`);
  return preset;
}

/** All columns of a provider. */
export interface IdentityProviderRecordRow extends IdentityProviderRow, ObjectMetaRow {
  readonly fetched_keys: string | null;
  readonly last_fetched_at: number | null;
  readonly last_fetch_error: string | null;
}

/** Maps a whole row to the provider that the API answers. */
export function toIdentityProviderRecord(row: IdentityProviderRecordRow): IdentityProviderRecord {
  return {
    ...toIdentityProvider(row),
    ...toObjectMeta(row),
    keys:
      row.fetched_keys === null ? [] : (JSON.parse(row.fetched_keys) as { kid: string | null; alg: string | null }[]),
    lastFetchedAt: row.last_fetched_at,
    lastFetchError: row.last_fetch_error,
  };
}

export const identityProviderSource: ListSource = {
  table: 'identity_provider',
  alias: 'p',
  columns: 'p.*',
  joins: '',
  idPrefix: 'idp_',
};

/** The providers of D1, for the IAM API. */
export function identityProviderStore(db: D1Database): ObjectStore<IdentityProviderRecord> {
  return {
    list: (organisation, filter) =>
      listObjects(
        db,
        identityProviderSource,
        organisation,
        filter,
        identityProviderConditions(filter),
        toIdentityProviderRecord,
      ),
    read: (organisation, id) => readObject(db, identityProviderSource, organisation, id, toIdentityProviderRecord),
    create: (provider, event) => createProvider(db, provider, event),
    update: (next, version, event) => updateProvider(db, next, version, event),
    remove: (provider, event) => removeProvider(db, provider, event),
  };
}

/** What narrows a list of providers beside name, identity and labels; no provider has a slug. */
export function identityProviderConditions(filter: ListFilter): Condition[] {
  return [
    ...(filter.status === null ? [] : [{ sql: 'p.status = ?', values: [filter.status] }]),
    ...(filter.slug === null ? [] : [{ sql: "p.id = ''", values: [] }]),
  ];
}

async function createProvider(
  db: D1Database,
  provider: IdentityProviderRecord,
  event: ChangeEvent,
): Promise<WriteOutcome> {
  const recorded = eventExists(event);
  const insert = db
    .prepare(
      `INSERT INTO identity_provider (id, organisation_id, name, description, labels, annotations, issuer, jwks_uri, local_jwks,
         status, preset, allowed_algorithms, max_token_lifetime, subject_claim, keys_version, created_at, updated_at, object_version)
       SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? WHERE ${recorded.sql}`,
    )
    .bind(
      provider.id,
      provider.organisationId,
      provider.name,
      provider.description,
      JSON.stringify(provider.labels),
      JSON.stringify(provider.annotations),
      provider.providerIssuer,
      provider.providerJwksUri,
      provider.localJwks === null ? null : JSON.stringify(provider.localJwks),
      provider.status,
      provider.preset,
      JSON.stringify(provider.allowedAlgorithms),
      provider.maxTokenLifetime,
      provider.subjectClaim,
      provider.keysVersion,
      provider.createdAt,
      provider.updatedAt,
      provider.objectVersion,
      ...recorded.values,
    );
  const guard: Condition = {
    sql: 'EXISTS (SELECT 1 FROM organisation WHERE id = ?)',
    values: [provider.organisationId],
  };
  return await writeChange(
    db,
    [insertEvent(db, event, guard), insert, ...writeLabels(db, event, provider.id, provider.labels)],
    () => ({ outcome: 'dangling' }),
  );
}

async function updateProvider(
  db: D1Database,
  next: IdentityProviderRecord,
  version: number,
  event: ChangeEvent,
): Promise<WriteOutcome> {
  const guard = atVersion(next, version);
  const recorded = eventExists(event);
  // Read inside the statement: a refresh raises keys_version without touching object_version, and neither may be lost.
  const update = db
    .prepare(
      `UPDATE identity_provider SET name = ?, description = ?, labels = ?, annotations = ?, status = ?, max_token_lifetime = ?,
         subject_claim = ?, allowed_algorithms = ?,
         keys_version = keys_version + (jwks_uri IS NOT ? OR local_jwks IS NOT ? OR preset IS NOT ?),
         jwks_uri = ?, local_jwks = ?, preset = ?, updated_at = ?, object_version = object_version + 1
       WHERE id = ? AND organisation_id = ? AND object_version = ? AND ${recorded.sql}`,
    )
    .bind(
      next.name,
      next.description,
      JSON.stringify(next.labels),
      JSON.stringify(next.annotations),
      next.status,
      next.maxTokenLifetime,
      next.subjectClaim,
      JSON.stringify(next.allowedAlgorithms),
      ...keySource(next),
      ...keySource(next),
      next.updatedAt,
      next.id,
      next.organisationId,
      version,
      ...recorded.values,
    );
  return await writeChange(
    db,
    [insertEvent(db, event, guard), update, ...writeLabels(db, event, next.id, next.labels)],
    () => ({ outcome: 'stale' }),
  );
}

async function removeProvider(
  db: D1Database,
  provider: IdentityProviderRecord,
  event: ChangeEvent,
): Promise<WriteOutcome> {
  const version = atVersion(provider, provider.objectVersion);
  const guard: Condition = {
    sql: `${version.sql} AND NOT EXISTS (SELECT 1 FROM federated_identity WHERE provider_id = ?)`,
    values: [...version.values, provider.id],
  };
  const recorded = eventExists(event);
  return await writeChange<{ in_use: number }>(
    db,
    [
      insertEvent(db, event, guard),
      removeLabels(db, event, { sql: '?', values: [provider.id] }),
      db
        .prepare(`DELETE FROM identity_provider WHERE id = ? AND organisation_id = ? AND ${recorded.sql}`)
        .bind(provider.id, provider.organisationId, ...recorded.values),
      db.prepare('SELECT EXISTS (SELECT 1 FROM federated_identity WHERE provider_id = ?) AS in_use').bind(provider.id),
    ],
    (row) => ({ outcome: row?.in_use === 1 ? 'in_use' : 'stale' }),
  );
}

function keySource(provider: IdentityProviderRecord): (string | null)[] {
  const localJwks = provider.localJwks === null ? null : JSON.stringify(provider.localJwks);
  return [provider.providerJwksUri, localJwks, provider.preset];
}

function atVersion(provider: IdentityProviderRecord, version: number): Condition {
  return {
    sql: 'EXISTS (SELECT 1 FROM identity_provider WHERE id = ? AND organisation_id = ? AND object_version = ?)',
    values: [provider.id, provider.organisationId, version],
  };
}
