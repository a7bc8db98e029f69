// The table role: found by id, slug or name, answered with its rules; it decides nothing about who may hold one.

import type { ChangeEvent, ListFilter, ObjectStore, RoleRecord, WriteOutcome } from '../objects/storage.ts';
import type { Organisation } from '../objects/model.ts';
import { rowsOf, runBatch } from './d1.ts';
import { eventExists, insertEvent } from './iam-audit.ts';
import type { Condition } from './iam-audit.ts';
import { writeChange } from './iam-write.ts';
import { listObjects } from './list-query.ts';
import type { ListSource } from './list-query.ts';
import { removeLabels, writeLabels } from './object-labels.ts';
import { toObjectMeta } from './object-meta.ts';
import type { ObjectMetaRow } from './object-meta.ts';
import { both, deleteRow, insertRow, metaColumns, rowAtVersion, updateRow } from './object-rows.ts';
import { organisationId, selectOrganisation } from './organisations.ts';

/** All columns of a role, and its rules as JSON. */
export interface RoleRow extends ObjectMetaRow {
  readonly id: string;
  readonly organisation_id: string;
  readonly slug: string;
  readonly is_read_only: number;
  readonly system: number;
  readonly rules: string;
}

type RuleJson = RoleRecord['rules'][number];

/** Maps a whole row to the role that the API answers. */
export function toRoleRecord(row: RoleRow): RoleRecord {
  return {
    ...toObjectMeta(row),
    id: row.id,
    organisationId: row.organisation_id,
    slug: row.slug,
    isReadOnly: row.is_read_only === 1,
    system: row.system === 1,
    // An aggregate promises no order of its own.
    rules: (JSON.parse(row.rules) as RuleJson[]).toSorted((left, right) => (left.id < right.id ? -1 : 1)),
  };
}

export const roleSource: ListSource = {
  table: 'role',
  alias: 'r',
  columns: `r.*, (
    SELECT json_group_array(json_object('id', o.id, 'resources', json(o.resources), 'resourceIdentities', json(o.resource_identities),
      'permissions', json(o.permissions), 'note', o.note))
    FROM role_rule o WHERE o.role_id = r.id) AS rules`,
  joins: '',
  idPrefix: 'role_',
};

/** A SELECT of the id of the role that a path names: by id, else by slug, else by name. What looks like an id is never a name. */
export function roleId(organisation: string, reference: string): Condition {
  const owner = organisationId(organisation);
  const columns = /^role_[0-7][0-9a-z]{25}$/.test(reference) ? ['id'] : ['id', 'slug', 'name'];
  const selects = columns.map(
    (column) => `(SELECT id FROM role WHERE organisation_id = ${owner.sql} AND ${column} = ?)`,
  );
  return {
    sql: `SELECT id FROM role WHERE organisation_id = ${owner.sql} AND id = coalesce(${selects.join(', ')}, NULL)`,
    values: [...owner.values, ...columns.flatMap(() => [...owner.values, reference])],
  };
}

/** Selects the role that a path names. */
export function selectRole(db: D1Database, organisation: string, reference: string): D1PreparedStatement {
  const id = roleId(organisation, reference);
  return db.prepare(`SELECT ${roleSource.columns} FROM role r WHERE r.id = (${id.sql})`).bind(...id.values);
}

/** The roles of D1, for the IAM API. */
export function roleStore(db: D1Database): ObjectStore<RoleRecord> {
  return {
    list: (organisation, filter) =>
      listObjects(db, roleSource, organisation, filter, roleConditions(filter), toRoleRecord),
    read: (organisation, reference) => readRole(db, organisation, reference),
    create: (role, event) => createRole(db, role, event),
    update: (next, version, event) => updateRole(db, next, version, event),
    remove: (role, event) => removeRole(db, role, event),
  };
}

/** What narrows a list of roles beside name, identity and labels. */
export function roleConditions(filter: ListFilter): Condition[] {
  return filter.slug === null ? [] : [{ sql: 'r.slug = ?', values: [filter.slug] }];
}

async function readRole(
  db: D1Database,
  organisation: string,
  reference: string,
): ReturnType<ObjectStore<RoleRecord>['read']> {
  const [owner, roles] = await runBatch(db, [
    selectOrganisation(db, organisation),
    selectRole(db, organisation, reference),
  ]);
  const row = rowsOf<RoleRow>(roles)[0];
  return {
    organisation: rowsOf<Organisation>(owner)[0] ?? null,
    hasParent: true,
    found: row === undefined ? null : toRoleRecord(row),
  };
}

async function createRole(db: D1Database, role: RoleRecord, event: ChangeEvent): Promise<WriteOutcome> {
  const guard: Condition = { sql: 'EXISTS (SELECT 1 FROM organisation WHERE id = ?)', values: [role.organisationId] };
  const row = insertRow(db, event, 'role', {
    id: role.id,
    organisation_id: role.organisationId,
    slug: role.slug,
    is_read_only: Number(role.isReadOnly),
    system: Number(role.system),
    ...metaColumns(role),
    created_at: role.createdAt,
    object_version: role.objectVersion,
  });
  const rules = role.rules.map((rule) =>
    insertRow(db, event, 'role_rule', {
      id: rule.id,
      organisation_id: role.organisationId,
      role_id: role.id,
      resources: JSON.stringify(rule.resources),
      resource_identities: JSON.stringify(rule.resourceIdentities),
      permissions: JSON.stringify(rule.permissions),
      note: rule.note,
      created_at: role.createdAt,
      updated_at: role.createdAt,
    }),
  );
  return await writeChange(
    db,
    [insertEvent(db, event, guard), row, ...rules, ...writeLabels(db, event, role.id, role.labels)],
    () => ({ outcome: 'dangling' }),
  );
}

async function updateRole(
  db: D1Database,
  next: RoleRecord,
  version: number,
  event: ChangeEvent,
): Promise<WriteOutcome> {
  const columns = { slug: next.slug, ...metaColumns(next) };
  return await writeChange(
    db,
    [
      insertEvent(db, event, rowAtVersion('role', next, version)),
      updateRow(db, event, 'role', { next, version, columns }),
      ...writeLabels(db, event, next.id, next.labels),
    ],
    () => ({ outcome: 'stale' }),
  );
}

/** A role goes with its rules, but never while somebody holds it. */
async function removeRole(db: D1Database, role: RoleRecord, event: ChangeEvent): Promise<WriteOutcome> {
  const recorded = eventExists(event);
  const bound = 'EXISTS (SELECT 1 FROM role_binding WHERE role_id = ?)';
  const guard = both(rowAtVersion('role', role, role.objectVersion), { sql: `NOT ${bound}`, values: [role.id] });
  return await writeChange<{ bound: number }>(
    db,
    [
      insertEvent(db, event, guard),
      removeLabels(db, event, { sql: '?', values: [role.id] }),
      db.prepare(`DELETE FROM role_rule WHERE role_id = ? AND ${recorded.sql}`).bind(role.id, ...recorded.values),
      deleteRow(db, event, 'role', role),
      db.prepare(`SELECT ${bound} AS bound`).bind(role.id),
    ],
    (row) => ({ outcome: row?.bound === 1 ? 'in_use' : 'stale' }),
  );
}
