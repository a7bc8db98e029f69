// The table role_binding: who holds a role, kept under the role; it decides nothing about who may give it.

import type { ChangeEvent, ListFilter, RoleBindingRecord, RoleBindingStore, WriteOutcome } from '../objects/storage.ts';
import { MAX_BINDINGS_PER_SERVICE_ACCOUNT } from '../objects/limits.ts';
import type { Organisation } from '../objects/model.ts';
import { rowsOf, runBatch } from './d1.ts';
import { insertEvent } from './iam-audit.ts';
import type { Condition } from './iam-audit.ts';
import { writeChange } from './iam-write.ts';
import { objectStatement } from './list-query.ts';
import type { ListSource } from './list-query.ts';
import { listNested, readNested } from './nested-query.ts';
import { removeLabels, writeLabels } from './object-labels.ts';
import { toObjectMeta } from './object-meta.ts';
import type { ObjectMetaRow } from './object-meta.ts';
import { both, deleteRow, insertRow, metaColumns, rowAtVersion, rowExists, updateRow } from './object-rows.ts';
import type { Columns } from './object-rows.ts';
import { selectOrganisation } from './organisations.ts';
import { parentRole } from './role-rules.ts';
import { selectRole, toRoleRecord } from './roles.ts';
import type { RoleRow } from './roles.ts';
import { serviceAccountSource, toServiceAccountRecord } from './service-accounts.ts';
import type { ServiceAccountRecordRow } from './service-accounts.ts';

interface RoleBindingRow extends ObjectMetaRow {
  readonly id: string;
  readonly organisation_id: string;
  readonly role_id: string;
  readonly service_account_id: string;
  readonly scopes: string;
  readonly projects: string;
  readonly role_name: string;
  readonly role_slug: string;
  readonly account_name: string;
  readonly account_slug: string;
}

export const roleBindingSource: ListSource = {
  table: 'role_binding',
  alias: 'b',
  columns: 'b.*, r.name AS role_name, r.slug AS role_slug, a.name AS account_name, a.slug AS account_slug',
  joins: 'CROSS JOIN role r ON r.id = b.role_id CROSS JOIN service_account a ON a.id = b.service_account_id',
  idPrefix: 'bind_',
};

/** The bindings of one role in D1, for the IAM API. */
export function roleBindingStore(db: D1Database, role: string): RoleBindingStore {
  return {
    list: (organisation, filter) => {
      const scope = { organisation, parent: parentRole(organisation, role) };
      return listNested(db, roleBindingSource, scope, filter, roleBindingConditions(filter), toRoleBindingRecord);
    },
    read: (organisation, id) => {
      const scope = { organisation, parent: parentRole(organisation, role) };
      return readNested(db, roleBindingSource, scope, id, toRoleBindingRecord);
    },
    readParents: (organisation, serviceAccountId) => readParents(db, organisation, role, serviceAccountId),
    create: (binding, event) => createBinding(db, binding, event),
    update: (next, version, event) => updateBinding(db, next, version, event),
    remove: (binding, event) => removeBinding(db, binding, event),
  };
}

/** What narrows a list of bindings beside name, identity and labels; no binding has a slug. */
export function roleBindingConditions({ serviceAccount, slug }: ListFilter): Condition[] {
  const conditions: Condition[] = slug === null ? [] : [{ sql: 'FALSE', values: [] }];
  if (serviceAccount === null) return conditions;
  if (serviceAccount.startsWith('sa_')) {
    return [...conditions, { sql: 'b.service_account_id = ?', values: [serviceAccount] }];
  }
  const bySlug =
    'b.service_account_id = (SELECT id FROM service_account s WHERE s.organisation_id = b.organisation_id AND s.slug = ?)';
  return [...conditions, { sql: bySlug, values: [serviceAccount] }];
}

function toRoleBindingRecord(row: RoleBindingRow): RoleBindingRecord {
  return {
    ...toObjectMeta(row),
    id: row.id,
    organisationId: row.organisation_id,
    role: { id: row.role_id, name: row.role_name, slug: row.role_slug },
    serviceAccount: { id: row.service_account_id, name: row.account_name, slug: row.account_slug },
    scopes: JSON.parse(row.scopes) as string[],
    projects: JSON.parse(row.projects) as string[],
  };
}

async function readParents(
  db: D1Database,
  organisation: string,
  role: string,
  serviceAccountId: string,
): ReturnType<RoleBindingStore['readParents']> {
  const [owner, roles, accounts] = await runBatch(db, [
    selectOrganisation(db, organisation),
    selectRole(db, organisation, role),
    objectStatement(db, serviceAccountSource, organisation, serviceAccountId),
  ]);
  const roleRow = rowsOf<RoleRow>(roles)[0];
  const account = rowsOf<ServiceAccountRecordRow>(accounts)[0];
  return {
    organisation: rowsOf<Organisation>(owner)[0] ?? null,
    role: roleRow === undefined ? null : toRoleRecord(roleRow),
    serviceAccount: account === undefined ? null : toServiceAccountRecord(account),
  };
}

async function createBinding(db: D1Database, binding: RoleBindingRecord, event: ChangeEvent): Promise<WriteOutcome> {
  const { organisationId } = binding;
  const parents = both(
    rowExists('role', { id: binding.role.id, organisationId }),
    rowExists('service_account', { id: binding.serviceAccount.id, organisationId }),
  );
  // Counted inside the write, so that two creations at once cannot both be the last.
  const guard = both(parents, {
    sql: '(SELECT COUNT(*) FROM role_binding WHERE service_account_id = ?) < ?',
    values: [binding.serviceAccount.id, MAX_BINDINGS_PER_SERVICE_ACCOUNT],
  });
  const columns = {
    id: binding.id,
    organisation_id: organisationId,
    role_id: binding.role.id,
    service_account_id: binding.serviceAccount.id,
    ...changeableColumns(binding),
    created_at: binding.createdAt,
    object_version: binding.objectVersion,
  };
  return await writeChange<{ parents: number }>(
    db,
    [
      insertEvent(db, event, guard),
      insertRow(db, event, 'role_binding', columns),
      ...writeLabels(db, event, binding.id, binding.labels),
      db.prepare(`SELECT ${parents.sql} AS parents`).bind(...parents.values),
    ],
    (row) => ({ outcome: row?.parents === 1 ? 'limit' : 'dangling' }),
  );
}

async function updateBinding(
  db: D1Database,
  next: RoleBindingRecord,
  version: number,
  event: ChangeEvent,
): Promise<WriteOutcome> {
  return await writeChange(
    db,
    [
      insertEvent(db, event, rowAtVersion('role_binding', next, version)),
      updateRow(db, event, 'role_binding', { next, version, columns: changeableColumns(next) }),
      ...writeLabels(db, event, next.id, next.labels),
    ],
    () => ({ outcome: 'stale' }),
  );
}

async function removeBinding(db: D1Database, binding: RoleBindingRecord, event: ChangeEvent): Promise<WriteOutcome> {
  return await writeChange(
    db,
    [
      insertEvent(db, event, rowAtVersion('role_binding', binding, binding.objectVersion)),
      removeLabels(db, event, { sql: '?', values: [binding.id] }),
      deleteRow(db, event, 'role_binding', binding),
    ],
    () => ({ outcome: 'stale' }),
  );
}

function changeableColumns(binding: RoleBindingRecord): Columns {
  return {
    ...metaColumns(binding),
    scopes: JSON.stringify(binding.scopes),
    projects: JSON.stringify(binding.projects),
  };
}
