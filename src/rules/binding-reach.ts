// How far the bindings of roles reach: in which projects, under which scopes, and whether one reach lies within others.

import type { BindingReach, HeldRole } from '../objects/role-binding.ts';

/** The bindings that count for a token with this scope: those without scopes, and those that name one of the token's. */
export function rolesUnderScope<R extends BindingReach>(scope: readonly string[], bindings: readonly R[]): R[] {
  return bindings.filter(({ scopes }) => scopes.length === 0 || scopes.some((one) => scope.includes(one)));
}

/** Slugs of the account's roles: those held in the whole organisation, and in `project` if one is given; sorted. */
export function rolesIn(
  project: string | null,
  serviceAccountId: string,
  heldRoles: readonly HeldRole[],
): readonly string[] {
  const held = heldRoles.filter((role) => isHeld(role, serviceAccountId, project));
  return [...new Set(held.map(({ roleSlug }) => roleSlug))].toSorted();
}

/** True if the account holds a role in the project or in the whole organisation. */
export function isHeldIn(project: string, serviceAccountId: string, heldRoles: readonly HeldRole[]): boolean {
  return heldRoles.some((role) => isHeld(role, serviceAccountId, project));
}

/** True if the bindings of one role reach, taken together, at least as far as `wanted`: as many projects, under as many scopes. */
export function reachesAsFar(held: readonly BindingReach[], wanted: BindingReach): boolean {
  const { projects, scopes } = wanted;
  const underScopes = held.filter(
    (binding) => binding.scopes.length === 0 || (scopes.length > 0 && isSubset(scopes, binding.scopes)),
  );
  if (underScopes.some((binding) => binding.projects.length === 0)) return true;
  return (
    projects.length > 0 &&
    projects.every((project) => underScopes.some((binding) => binding.projects.includes(project)))
  );
}

function isHeld(role: HeldRole, serviceAccountId: string, project: string | null): boolean {
  if (role.serviceAccountId !== serviceAccountId) return false;
  return role.projects.length === 0 || (project !== null && role.projects.includes(project));
}

function isSubset(some: readonly string[], all: readonly string[]): boolean {
  return some.every((one) => all.includes(one));
}
