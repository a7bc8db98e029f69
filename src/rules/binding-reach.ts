// How far the binding of a role reaches, under which tokens it counts, and whether one reach lies within others; it knows no caller.

import type { BindingReach } from '../objects/model.ts';

/** The bindings that count for a token with this scope: those without scopes, and those that name one of the token's. */
export function rolesUnderScope<R extends BindingReach>(scope: readonly string[], bindings: readonly R[]): R[] {
  return bindings.filter(({ scopes }) => scopes.length === 0 || scopes.some((one) => scope.includes(one)));
}

/** True where the bindings of one role reach, taken together, at least as far as `wanted`: as many projects, under as many scopes. */
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

function isSubset(some: readonly string[], all: readonly string[]): boolean {
  return some.every((one) => all.includes(one));
}
