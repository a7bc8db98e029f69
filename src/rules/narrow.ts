// What a rule and the roles of its account give of what was asked for (contract §3 step 7); matches no token.

import { narrowTokenAudience } from './audience.ts';
import { isHeldIn, rolesIn, rolesUnderScope } from './binding-reach.ts';
import { failed, passed } from './check.ts';
import { capLifetime } from './lifetime.ts';
import { narrowScope } from './scope.ts';
import type { Check } from './check.ts';
import type { FederatedIdentity } from '../objects/federated-identity.ts';
import type { HeldRole } from '../objects/role-binding.ts';

/** What the token that is asked for should be. */
export interface AskedToken {
  /** Null if the caller names no scope. */
  readonly scope: readonly string[] | null;
  readonly audiences: readonly string[];
  readonly project: string | null;
  /** An ID token is for someone in particular: a default audience will not do. */
  readonly tokenType: 'access_token' | 'id_token';
  readonly lifetimeSeconds: number | null;
}

/** What whoever presents a proof may get: the part of a rule that narrowing reads. */
export type Allowance = Pick<
  FederatedIdentity,
  'serviceAccount' | 'allowedScopes' | 'tokenAudiences' | 'withheldAudiences' | 'tokenLifetime' | 'maxTokenLifetime'
>;

/** What is given of what was asked. */
export interface Narrowed {
  readonly scope: readonly string[];
  readonly audiences: readonly string[];
  readonly roles: readonly string[];
  readonly lifetimeSeconds: number;
}

/** The checks in their order, and what is given; null if one of them failed. */
export interface Narrowing {
  readonly checks: readonly Check[];
  readonly narrowed: Narrowed | null;
}

/** Narrows what was asked to what is allowed. An allowance without an audience gives nothing: its token would be for everybody. */
export function narrow(allowed: Allowance, asked: AskedToken, heldRoles: readonly HeldRole[]): Narrowing {
  const { id } = allowed.serviceAccount;
  const scope = narrowScope(asked.scope, allowed.allowedScopes);
  const audiences = narrowTokenAudience(asked.audiences, allowed.tokenAudiences);
  const held = scope.ok ? rolesUnderScope(scope.value, heldRoles) : heldRoles;
  const checks = [
    checkScope(allowed, asked, scope.ok ? null : scope.error),
    checkAudience(allowed, asked, audiences.ok ? null : audiences.error),
    ...(asked.project === null ? [] : [checkProject(asked.project, id, held)]),
  ];
  if (!scope.ok || !audiences.ok || audiences.value.length === 0 || checks.some(({ ok }) => !ok)) {
    return { checks, narrowed: null };
  }
  return {
    checks,
    narrowed: {
      scope: scope.value,
      audiences: audiences.value,
      roles: rolesIn(asked.project, id, held),
      lifetimeSeconds: capLifetime(asked.lifetimeSeconds, allowed),
    },
  };
}

function checkScope({ allowedScopes }: Allowance, asked: AskedToken, refused: readonly string[] | null): Check {
  const expected = allowedScopes.join(' ');
  return refused === null
    ? passed('scope', { expected, actual: asked.scope?.join(' ') ?? null })
    : failed('scope', 'scope_not_allowed', { expected, actual: refused.join(' ') });
}

function checkAudience(allowed: Allowance, asked: AskedToken, refused: readonly string[] | null): Check {
  const { tokenAudiences, withheldAudiences } = allowed;
  const expected = tokenAudiences.join(' ');
  if (asked.tokenType === 'id_token' && asked.audiences.length === 0) {
    return failed('token_audience', 'audience_required', { expected, actual: 'none was requested' });
  }
  // An operator should know why an audience of the rule is missing among those that are allowed.
  const concerned = withheldAudiences.filter((audience) => refused === null || refused.includes(audience));
  const hint = (): string | null =>
    concerned.length === 0 ? null : `another organisation has reserved ${concerned.join(' ')}`;
  if (tokenAudiences.length === 0 && refused === null) {
    return failed('token_audience', 'audience_not_allowed', { expected, actual: null, hint });
  }
  return refused === null
    ? passed('token_audience', { expected, actual: asked.audiences.join(' ') || null })
    : failed('token_audience', 'audience_not_allowed', { expected, actual: refused.join(' '), hint });
}

function checkProject(project: string, serviceAccountId: string, heldRoles: readonly HeldRole[]): Check {
  const ofAccount = heldRoles.filter((role) => role.serviceAccountId === serviceAccountId);
  const expected = [...new Set(ofAccount.flatMap(({ projects }) => projects))].toSorted();
  return isHeldIn(project, serviceAccountId, heldRoles)
    ? passed('project', { expected, actual: project })
    : failed('project', 'project_not_allowed', { expected, actual: project });
}
