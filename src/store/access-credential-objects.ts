// The table access_credential as the IAM API manages it; only the digest of a secret comes here, and it is never read back.

import type { AccessCredentialRecord, AccessCredentialStore, ChangeEvent, WriteOutcome } from '../objects/storage.ts';
import { insertEvent } from './iam-audit.ts';
import { writeChange } from './iam-write.ts';
import type { ListSource } from './list-query.ts';
import { organisationId } from './organisations.ts';
import { listNested, readNested } from './nested-query.ts';
import type { Parent } from './nested-query.ts';
import { removeLabels, writeLabels } from './object-labels.ts';
import { toObjectMeta } from './object-meta.ts';
import type { ObjectMetaRow } from './object-meta.ts';
import { deleteRow, insertRow, metaColumns, rowAtVersion, rowExists, updateRow } from './object-rows.ts';
import type { Columns } from './object-rows.ts';

interface AccessCredentialRow extends ObjectMetaRow {
  readonly id: string;
  readonly organisation_id: string;
  readonly service_account_id: string;
  readonly access_key: string;
  readonly scopes: string;
  readonly expires_at: number;
  readonly last_used_at: number | null;
}

export const accessCredentialSource: ListSource = {
  table: 'access_credential',
  alias: 'c',
  columns: `c.id, c.organisation_id, c.service_account_id, c.name, c.description, c.labels, c.annotations, c.access_key,
    c.scopes, c.expires_at, c.last_used_at, c.created_at, c.updated_at, c.object_version`,
  joins: '',
  idPrefix: 'cred_',
};

/** The account that credentials belong to, as a path names it. */
export function parentAccount(organisation: string, id: string): Parent {
  const owner = organisationId(organisation);
  return {
    column: 'service_account_id',
    id: {
      sql: `SELECT id FROM service_account WHERE organisation_id = ${owner.sql} AND id = ?`,
      values: [...owner.values, id],
    },
  };
}

/** The access credentials of one service account in D1, for the IAM API. */
export function accessCredentialStore(db: D1Database, serviceAccountId: string): AccessCredentialStore {
  return {
    list: (organisation, filter) => {
      const scope = { organisation, parent: parentAccount(organisation, serviceAccountId) };
      // No credential has a slug.
      const conditions = filter.slug === null ? [] : [{ sql: 'FALSE', values: [] }];
      return listNested(db, accessCredentialSource, scope, filter, conditions, toAccessCredentialRecord);
    },
    read: (organisation, id) => {
      const scope = { organisation, parent: parentAccount(organisation, serviceAccountId) };
      return readNested(db, accessCredentialSource, scope, id, toAccessCredentialRecord);
    },
    create: (credential, secretSha256, event) => createCredential(db, credential, secretSha256, event),
    update: (next, version, event) => updateCredential(db, next, version, event),
    remove: (credential, event) => removeCredential(db, credential, event),
  };
}

function toAccessCredentialRecord(row: AccessCredentialRow): AccessCredentialRecord {
  return {
    ...toObjectMeta(row),
    id: row.id,
    organisationId: row.organisation_id,
    serviceAccountId: row.service_account_id,
    accessKey: row.access_key,
    scopes: JSON.parse(row.scopes) as string[],
    expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at,
  };
}

async function createCredential(
  db: D1Database,
  credential: AccessCredentialRecord,
  secretSha256: string,
  event: ChangeEvent,
): Promise<WriteOutcome> {
  const { organisationId: organisation, serviceAccountId } = credential;
  const columns = {
    id: credential.id,
    organisation_id: organisation,
    service_account_id: serviceAccountId,
    access_key: credential.accessKey,
    secret_sha256: secretSha256,
    ...changeableColumns(credential),
    created_at: credential.createdAt,
    object_version: credential.objectVersion,
  };
  return await writeChange(
    db,
    [
      insertEvent(db, event, rowExists('service_account', { id: serviceAccountId, organisationId: organisation })),
      insertRow(db, event, 'access_credential', columns),
      ...writeLabels(db, event, credential.id, credential.labels),
    ],
    () => ({ outcome: 'dangling' }),
  );
}

async function updateCredential(
  db: D1Database,
  next: AccessCredentialRecord,
  version: number,
  event: ChangeEvent,
): Promise<WriteOutcome> {
  return await writeChange(
    db,
    [
      insertEvent(db, event, rowAtVersion('access_credential', next, version)),
      updateRow(db, event, 'access_credential', { next, version, columns: changeableColumns(next) }),
      ...writeLabels(db, event, next.id, next.labels),
    ],
    () => ({ outcome: 'stale' }),
  );
}

async function removeCredential(
  db: D1Database,
  credential: AccessCredentialRecord,
  event: ChangeEvent,
): Promise<WriteOutcome> {
  return await writeChange(
    db,
    [
      insertEvent(db, event, rowAtVersion('access_credential', credential, credential.objectVersion)),
      removeLabels(db, event, { sql: '?', values: [credential.id] }),
      deleteRow(db, event, 'access_credential', credential),
    ],
    () => ({ outcome: 'stale' }),
  );
}

function changeableColumns(credential: AccessCredentialRecord): Columns {
  return {
    ...metaColumns(credential),
    scopes: JSON.stringify(credential.scopes),
    expires_at: credential.expiresAt,
  };
}
