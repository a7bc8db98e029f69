// The table service_account: rows in, typed objects out; it decides nothing about who may act as an account.

import type { ChangeEvent, ListFilter, ObjectStore, ServiceAccountRecord, WriteOutcome } from '../objects/storage.ts';
import type { JsonValue } from '../token/json.ts';
import type { ServiceAccount } from '../objects/model.ts';
import { eventExists, insertEvent } from './iam-audit.ts';
import type { Condition } from './iam-audit.ts';
import { writeChange } from './iam-write.ts';
import { listObjects, readObject } from './list-query.ts';
import type { ListSource } from './list-query.ts';
import { toObjectMeta } from './object-meta.ts';
import type { ObjectMetaRow } from './object-meta.ts';
import { removeLabels, writeLabels } from './object-labels.ts';

/** The columns an account is decided by. */
export interface ServiceAccountRow {
  readonly id: string;
  readonly organisation_id: string;
  readonly slug: string;
  readonly status: 'active' | 'inactive';
}

/** Maps a row to the service account that core knows. */
export function toServiceAccount(row: ServiceAccountRow): ServiceAccount {
  return { id: row.id, organisationId: row.organisation_id, slug: row.slug, status: row.status };
}

/** All columns of an account, and its role bindings as JSON. */
export interface ServiceAccountRecordRow extends ServiceAccountRow, ObjectMetaRow {
  readonly created_by: string;
  readonly role_bindings: string;
}

/** Maps a whole row to the service account that the API answers. */
export function toServiceAccountRecord(row: ServiceAccountRecordRow): ServiceAccountRecord {
  return {
    ...toServiceAccount(row),
    ...toObjectMeta(row),
    createdBy: row.created_by,
    roleBindings: JSON.parse(row.role_bindings) as JsonValue[],
  };
}

export const serviceAccountSource: ListSource = {
  table: 'service_account',
  alias: 'a',
  columns: `a.*, (
    SELECT json_group_array(json_object('identity', b.id, 'name', b.name, 'description', b.description,
      'scopes', json(b.scopes), 'projects', json(b.projects),
      'role', json_object('identity', r.id, 'name', r.name, 'slug', r.slug),
      'organisationRole', json_object('identity', r.id, 'name', r.name, 'slug', r.slug),
      'createdAt', strftime('%Y-%m-%dT%H:%M:%SZ', b.created_at, 'unixepoch'),
      'updatedAt', strftime('%Y-%m-%dT%H:%M:%SZ', b.updated_at, 'unixepoch')))
    FROM role_binding b JOIN role r ON r.id = b.role_id WHERE b.service_account_id = a.id) AS role_bindings`,
  joins: '',
  idPrefix: 'sa_',
};

/** The service accounts of D1, for the IAM API. */
export function serviceAccountStore(db: D1Database): ObjectStore<ServiceAccountRecord> {
  return {
    list: (organisation, filter) =>
      listObjects(
        db,
        serviceAccountSource,
        organisation,
        filter,
        serviceAccountConditions(filter),
        toServiceAccountRecord,
      ),
    read: (organisation, id) => readObject(db, serviceAccountSource, organisation, id, toServiceAccountRecord),
    create: (account, event) => createAccount(db, account, event),
    update: (next, version, event) => updateAccount(db, next, version, event),
    remove: (account, event) => removeAccount(db, account, event),
  };
}

/** What narrows a list of accounts beside name, identity and labels. */
export function serviceAccountConditions(filter: ListFilter): Condition[] {
  return [
    ...(filter.status === null ? [] : [{ sql: 'a.status = ?', values: [filter.status] }]),
    ...(filter.slug === null ? [] : [{ sql: 'a.slug = ?', values: [filter.slug] }]),
  ];
}

async function createAccount(db: D1Database, account: ServiceAccountRecord, event: ChangeEvent): Promise<WriteOutcome> {
  const recorded = eventExists(event);
  const insert = db
    .prepare(
      `INSERT INTO service_account (id, organisation_id, slug, name, description, labels, annotations, status,
         created_by, created_at, updated_at, object_version)
       SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? WHERE ${recorded.sql}`,
    )
    .bind(
      account.id,
      account.organisationId,
      account.slug,
      account.name,
      account.description,
      JSON.stringify(account.labels),
      JSON.stringify(account.annotations),
      account.status,
      account.createdBy,
      account.createdAt,
      account.updatedAt,
      account.objectVersion,
      ...recorded.values,
    );
  const guard: Condition = {
    sql: 'EXISTS (SELECT 1 FROM organisation WHERE id = ?)',
    values: [account.organisationId],
  };
  return await writeChange(
    db,
    [insertEvent(db, event, guard), insert, ...writeLabels(db, event, account.id, account.labels)],
    () => ({ outcome: 'dangling' }),
  );
}

async function updateAccount(
  db: D1Database,
  next: ServiceAccountRecord,
  version: number,
  event: ChangeEvent,
): Promise<WriteOutcome> {
  const recorded = eventExists(event);
  const update = db
    .prepare(
      `UPDATE service_account SET slug = ?, name = ?, description = ?, labels = ?, annotations = ?, status = ?,
         updated_at = ?, object_version = object_version + 1
       WHERE id = ? AND organisation_id = ? AND object_version = ? AND ${recorded.sql}`,
    )
    .bind(
      next.slug,
      next.name,
      next.description,
      JSON.stringify(next.labels),
      JSON.stringify(next.annotations),
      next.status,
      next.updatedAt,
      next.id,
      next.organisationId,
      version,
      ...recorded.values,
    );
  return await writeChange(
    db,
    [insertEvent(db, event, atVersion(next, version)), update, ...writeLabels(db, event, next.id, next.labels)],
    () => ({ outcome: 'stale' }),
  );
}

/** What goes with an account; each of these tables has an index that starts with service_account_id. */
const DEPENDENTS = {
  federatedIdentities: 'federated_identity',
  roleBindings: 'role_binding',
  accessCredentials: 'access_credential',
} as const;

async function removeAccount(db: D1Database, account: ServiceAccountRecord, event: ChangeEvent): Promise<WriteOutcome> {
  const recorded = eventExists(event);
  const dependents = Object.entries(DEPENDENTS);
  const deleted: Condition = {
    sql: `json_object(${dependents
      .map(([name, table]) => `'${name}', (SELECT json_group_array(id) FROM ${table} WHERE service_account_id = ?)`)
      .join(', ')})`,
    values: dependents.map(() => account.id),
  };
  const labelled: Condition = {
    sql: ['SELECT ?', ...dependents.map(([, table]) => `SELECT id FROM ${table} WHERE service_account_id = ?`)].join(
      ' UNION ALL ',
    ),
    values: [account.id, ...dependents.map(() => account.id)],
  };
  return await writeChange(
    db,
    [
      insertEvent(db, event, atVersion(account, account.objectVersion), deleted),
      removeLabels(db, event, labelled),
      ...dependents.map(([, table]) =>
        db
          .prepare(`DELETE FROM ${table} WHERE service_account_id = ? AND ${recorded.sql}`)
          .bind(account.id, ...recorded.values),
      ),
      db
        .prepare(`DELETE FROM service_account WHERE id = ? AND organisation_id = ? AND ${recorded.sql}`)
        .bind(account.id, account.organisationId, ...recorded.values),
    ],
    () => ({ outcome: 'stale' }),
  );
}

function atVersion(account: ServiceAccountRecord, version: number): Condition {
  return {
    sql: 'EXISTS (SELECT 1 FROM service_account WHERE id = ? AND organisation_id = ? AND object_version = ?)',
    values: [account.id, account.organisationId, version],
  };
}
