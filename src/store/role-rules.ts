// The table role_rule: what a role permits, kept under its role; it decides nothing about who may change it.

import type { ChangeEvent, ObjectStore, RoleRuleRecord, WriteOutcome } from '../objects/storage.ts';
import { MAX_RULES_PER_ROLE } from '../objects/limits.ts';
import { eventExists, insertEvent } from './iam-audit.ts';
import type { Condition } from './iam-audit.ts';
import { writeChange } from './iam-write.ts';
import type { ListSource } from './list-query.ts';
import { listNested, readNested } from './nested-query.ts';
import type { Parent } from './nested-query.ts';
import { both, deleteRow, insertRow, rowAtVersion, rowExists, updateRow } from './object-rows.ts';
import type { Columns } from './object-rows.ts';
import { roleId } from './roles.ts';

interface RoleRuleRow {
  readonly id: string;
  readonly organisation_id: string;
  readonly role_id: string;
  readonly resources: string;
  readonly resource_identities: string;
  readonly permissions: string;
  readonly note: string;
  readonly created_at: number;
  readonly updated_at: number;
  readonly object_version: number;
  readonly is_read_only: number;
  readonly system: number;
}

export const roleRuleSource: ListSource = {
  table: 'role_rule',
  alias: 'u',
  columns: 'u.*, r.is_read_only, r.system',
  joins: 'CROSS JOIN role r ON r.id = u.role_id',
  idPrefix: 'rule_',
};

/** The role that rules belong to, as a path names it. */
export function parentRole(organisation: string, reference: string): Parent {
  return { column: 'role_id', id: roleId(organisation, reference) };
}

/** The rules of one role in D1, for the IAM API. */
export function roleRuleStore(db: D1Database, role: string): ObjectStore<RoleRuleRecord> {
  return {
    list: (organisation, filter) => {
      const scope = { organisation, parent: parentRole(organisation, role) };
      // No rule has a name or a slug.
      const isNarrowed = filter.name !== null || filter.slug !== null;
      const conditions: Condition[] = isNarrowed ? [{ sql: 'FALSE', values: [] }] : [];
      return listNested(db, roleRuleSource, scope, { ...filter, name: null }, conditions, toRoleRuleRecord);
    },
    read: (organisation, id) => {
      const scope = { organisation, parent: parentRole(organisation, role) };
      return readNested(db, roleRuleSource, scope, id, toRoleRuleRecord);
    },
    create: (rule, event) => createRule(db, rule, event),
    update: (next, version, event) => updateRule(db, next, version, event),
    remove: (rule, event) => removeRule(db, rule, event),
  };
}

function toRoleRuleRecord(row: RoleRuleRow): RoleRuleRecord {
  return {
    id: row.id,
    organisationId: row.organisation_id,
    role: { id: row.role_id, isReadOnly: row.is_read_only === 1, system: row.system === 1 },
    resources: JSON.parse(row.resources) as string[],
    resourceIdentities: JSON.parse(row.resource_identities) as string[],
    permissions: JSON.parse(row.permissions) as string[],
    note: row.note,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    objectVersion: row.object_version,
  };
}

async function createRule(db: D1Database, rule: RoleRuleRecord, event: ChangeEvent): Promise<WriteOutcome> {
  const parent = rowExists('role', { id: rule.role.id, organisationId: rule.organisationId });
  // Counted inside the write, so that two creations at once cannot both be the last.
  const guard = both(parent, {
    sql: '(SELECT COUNT(*) FROM role_rule WHERE role_id = ?) < ?',
    values: [rule.role.id, MAX_RULES_PER_ROLE],
  });
  const columns = {
    id: rule.id,
    organisation_id: rule.organisationId,
    role_id: rule.role.id,
    ...changeableColumns(rule),
    created_at: rule.createdAt,
    object_version: rule.objectVersion,
  };
  return await writeChange<{ parent: number }>(
    db,
    [
      insertEvent(db, event, guard),
      insertRow(db, event, 'role_rule', columns),
      touchRole(db, event, rule),
      db.prepare(`SELECT ${parent.sql} AS parent`).bind(...parent.values),
    ],
    (row) => ({ outcome: row?.parent === 1 ? 'limit' : 'dangling' }),
  );
}

async function updateRule(
  db: D1Database,
  next: RoleRuleRecord,
  version: number,
  event: ChangeEvent,
): Promise<WriteOutcome> {
  return await writeChange(
    db,
    [
      insertEvent(db, event, rowAtVersion('role_rule', next, version)),
      updateRow(db, event, 'role_rule', { next, version, columns: changeableColumns(next) }),
      touchRole(db, event, next),
    ],
    () => ({ outcome: 'stale' }),
  );
}

async function removeRule(db: D1Database, rule: RoleRuleRecord, event: ChangeEvent): Promise<WriteOutcome> {
  return await writeChange(
    db,
    [
      insertEvent(db, event, rowAtVersion('role_rule', rule, rule.objectVersion)),
      deleteRow(db, event, 'role_rule', rule),
      touchRole(db, event, rule),
    ],
    () => ({ outcome: 'stale' }),
  );
}

/** A role is answered with its rules, so a change of one is a change of the role: if-match on the role notices it. */
function touchRole(db: D1Database, event: ChangeEvent, { role, organisationId }: RoleRuleRecord): D1PreparedStatement {
  const recorded = eventExists(event);
  return db
    .prepare(
      `UPDATE role SET updated_at = ?, object_version = object_version + 1
       WHERE id = ? AND organisation_id = ? AND ${recorded.sql}`,
    )
    .bind(event.time, role.id, organisationId, ...recorded.values);
}

function changeableColumns(rule: RoleRuleRecord): Columns {
  return {
    resources: JSON.stringify(rule.resources),
    resource_identities: JSON.stringify(rule.resourceIdentities),
    permissions: JSON.stringify(rule.permissions),
    note: rule.note,
    updated_at: rule.updatedAt,
  };
}
