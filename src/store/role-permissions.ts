// Reads the rules of roles by the roles' ids, for a caller that asks what it may do; writes nothing.

import type { RolePermission } from '../objects/storage.ts';
import { rowsOf, runBatch } from './d1.ts';

const RULES = `SELECT rr.id AS ruleId, rr.role_id AS roleId, r.slug AS roleSlug, rr.resources,
    rr.resource_identities AS resourceIdentities, rr.permissions, rr.note
  FROM json_each(?1) wanted CROSS JOIN role r ON r.id = wanted.value AND r.organisation_id = ?2
  CROSS JOIN role_rule rr ON rr.role_id = r.id ORDER BY r.slug, rr.id`;

/**
 * Every statement of this file that reads, for the test that each of them uses an index.
 * @internal
 */
export const ROLE_PERMISSION_STATEMENTS: readonly string[] = [RULES];

type ListColumn = 'resources' | 'resourceIdentities' | 'permissions';

/** A rule as RULES selects it: what is a list is JSON. */
type RuleRow = Omit<RolePermission, ListColumn> & Readonly<Record<ListColumn, string>>;

/** The rules of these roles of an organisation, by role and age. Throws StorageUnavailable. */
export async function readRolePermissions(
  db: D1Database,
  organisationId: string,
  roleIds: readonly string[],
): Promise<RolePermission[]> {
  const [rules] = await runBatch(db, [db.prepare(RULES).bind(JSON.stringify(roleIds), organisationId)]);
  return rowsOf<RuleRow>(rules).map((row) => ({
    ...row,
    resources: JSON.parse(row.resources) as string[],
    resourceIdentities: JSON.parse(row.resourceIdentities) as string[],
    permissions: JSON.parse(row.permissions) as string[],
  }));
}
