// Rows of role bindings as the roles that an account holds; every statement that selects them names the same columns.

import type { HeldRole } from '../objects/role-binding.ts';
import type { AccountRole } from '../exchange/token-standing.ts';

interface ReachColumns {
  readonly slug: string;
  readonly projects: string;
  readonly scopes: string;
}

export interface HeldRoleRow extends ReachColumns {
  readonly service_account_id: string;
}

export interface AccountRoleRow extends ReachColumns {
  readonly id: string;
}

/** Maps a binding to the role as an exchange knows it, by its slug. */
export function toHeldRole(row: HeldRoleRow): HeldRole {
  return { serviceAccountId: row.service_account_id, roleSlug: row.slug, ...toReach(row) };
}

/** Maps a binding to the role as the IAM API knows it, by its id. */
export function toAccountRole(row: AccountRoleRow): AccountRole {
  return { roleId: row.id, roleSlug: row.slug, ...toReach(row) };
}

function toReach({ projects, scopes }: ReachColumns): Pick<HeldRole, 'projects' | 'scopes'> {
  return { projects: JSON.parse(projects) as string[], scopes: JSON.parse(scopes) as string[] };
}
