// Reads the rules of roles by the roles' ids, for a caller that asks what it may do; writes nothing.

import type { RolePermission } from '../objects/storage.ts';
import { rowsOf, runBatch } from './d1.ts';

const RULES = `SELECT rr.id, rr.role_id, r.slug, rr.resources, rr.resource_identities, rr.permissions, rr.note
  FROM json_each(?1) wanted CROSS JOIN role r ON r.id = wanted.value AND r.organisation_id = ?2
  CROSS JOIN role_rule rr ON rr.role_id = r.id ORDER BY r.slug, rr.id`;

/**
 * Every statement of this file that reads, for the test that each of them uses an index.
 * @internal
 */
export const ROLE_PERMISSION_STATEMENTS: readonly string[] = [RULES];

interface RuleRow {
  readonly id: string;
  readonly role_id: string;
  readonly slug: string;
  readonly resources: string;
  readonly resource_identities: string;
  readonly permissions: string;
  readonly note: string;
}

/** The rules of these roles of an organisation, by role and age. Throws StorageUnavailable. */
export async function readRolePermissions(
  db: D1Database,
  organisationId: string,
  roleIds: readonly string[],
): Promise<RolePermission[]> {
  const [rules] = await runBatch(db, [db.prepare(RULES).bind(JSON.stringify(roleIds), organisationId)]);
  return rowsOf<RuleRow>(rules).map((row) => ({
    ruleId: row.id,
    roleId: row.role_id,
    roleSlug: row.slug,
    resources: JSON.parse(row.resources) as string[],
    resourceIdentities: JSON.parse(row.resource_identities) as string[],
    permissions: JSON.parse(row.permissions) as string[],
    note: row.note,
  }));
}
