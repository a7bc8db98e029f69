// What a caller holds and may therefore give away (contract §4); whether an operation gives something is that operation's to know.

import { DEFAULT_ORGANISATION_ID } from '../../objects/organisation.ts';
import type { BindingReach } from '../../objects/role-binding.ts';
import type { ActiveToken, AccountRole } from '../../exchange/token-standing.ts';
import { reachesAsFar } from '../../rules/binding-reach.ts';

export type IamScope = 'iam:read' | 'iam:write' | 'iam:admin';

/** Who is calling, and the organisation that every query of this request is confined to. */
export interface Caller {
  /** As audit events name it: `root` or the service account's id. */
  readonly actor: string;
  /** Id or slug; an id for anyone but root. */
  readonly organisation: string;
  readonly isRoot: boolean;
  /** May grant any scope and role within the organisation: root, or `iam:admin`. */
  readonly isAdmin: boolean;
  /** Null for root. */
  readonly serviceAccountId: string | null;
  /** All scopes of the token; `every` for root. */
  readonly scopes: readonly string[] | 'every';
  /** The roles that the account holds now; empty for root, who needs none. */
  readonly roles: readonly AccountRole[];
  /** The access token it came with; null for root. */
  readonly token: ActiveToken | null;
}

/** Each scope allows what those before it allow. */
const IAM_SCOPES: readonly IamScope[] = ['iam:read', 'iam:write', 'iam:admin'];

/** True when one of the scopes is `needed` or stands above it. */
export function hasIamScope(scopes: readonly string[] | 'every', needed: IamScope): boolean {
  if (scopes === 'every') return true;
  return IAM_SCOPES.slice(IAM_SCOPES.indexOf(needed)).some((scope) => scopes.includes(scope));
}

/** Those of the scopes that the caller may not grant; empty if it may grant all of them. */
export function scopesBeyond(caller: Caller, scopes: readonly string[]): string[] {
  const { scopes: held, isAdmin } = caller;
  if (isAdmin || held === 'every') return [];
  return scopes.filter((scope) => !(isIamScope(scope) ? hasIamScope(held, scope) : held.includes(scope)));
}

/** Those of the roles that the caller does not hold at least as widely: in every project and under every scope that is given. */
export function rolesBeyond<R extends BindingReach & { readonly roleId: string }>(
  caller: Caller,
  roles: readonly R[],
): R[] {
  if (caller.isAdmin) return [];
  return roles.filter(
    (wanted) =>
      !reachesAsFar(
        caller.roles.filter(({ roleId }) => roleId === wanted.roleId),
        wanted,
      ),
  );
}

/**
 * Those of the token audiences that the caller may not give: all but those in `held`, which are the audiences that the rule
 * of its own token may be issued for.
 */
export function audiencesBeyond({ isAdmin }: Caller, held: readonly string[], audiences: readonly string[]): string[] {
  return isAdmin ? [] : audiences.filter((audience) => !held.includes(audience));
}

/** True for root and for an `iam:admin` of the organisation `default`, which is the deployment's own. */
export function mayManageDeployment({ isRoot, isAdmin, token }: Caller): boolean {
  return isRoot || (isAdmin && token?.organisation.id === DEFAULT_ORGANISATION_ID);
}

function isIamScope(scope: string): scope is IamScope {
  return (IAM_SCOPES as readonly string[]).includes(scope);
}
