// Who may give what (contract §4): a writer gives only scopes and roles that it holds, also by a detour. One question for each way of giving.

import type {
  AccessCredentialRecord,
  FederatedIdentityRecord,
  IdentityProviderRecord,
  RoleBindingRecord,
  RoleRecord,
  ServiceAccountRecord,
  Strength,
} from '../../objects/storage.ts';
import type { AccountRole } from '../../exchange/token-standing.ts';
import type { Problem } from '../problem.ts';
import { rolesBeyond, scopesBeyond } from './caller.ts';
import type { IamRequest } from './deps.ts';
import { shown } from './faults.ts';
import { sameJson } from './members.ts';

type Verdict = Promise<Problem | null>;

/**
 * A new identity gives its scopes and the roles of its account to whom it describes; so does any change of one, but of what it
 * is called, and but switching it off, which is less than deleting it.
 */
export async function permitIdentity(
  request: IamRequest,
  before: FederatedIdentityRecord | null,
  after: FederatedIdentityRecord | null,
): Verdict {
  if (request.caller.isAdmin || after === null) return null;
  if (before !== null && isOnlyNamedOrSwitchedOff(before, after)) return null;
  const { roles } = await request.deps.store.readAccountStrength(after.organisationId, after.serviceAccount.id);
  const scopes = [...(before?.allowedScopes ?? []), ...after.allowedScopes];
  return lacking(request, 'this federated identity', { scopes, roles });
}

/** A credential gives its scopes and the roles of its account; less of it, or for a shorter time, gives nothing. */
export async function permitCredential(
  request: IamRequest,
  before: AccessCredentialRecord | null,
  after: AccessCredentialRecord | null,
): Verdict {
  if (request.caller.isAdmin || after === null) return null;
  const isLess =
    before !== null &&
    after.expiresAt <= before.expiresAt &&
    after.scopes.every((scope) => before.scopes.includes(scope));
  if (isLess) return null;
  const { roles } = await request.deps.store.readAccountStrength(after.organisationId, after.serviceAccountId);
  return lacking(request, 'this access credential', { scopes: after.scopes, roles });
}

/** A binding gives its role, as far as it reaches. */
export async function permitBinding(
  request: IamRequest,
  before: RoleBindingRecord | null,
  after: RoleBindingRecord | null,
): Verdict {
  if (request.caller.isAdmin || after === null) return null;
  if (before !== null && sameJson(before.projects, after.projects) && sameJson(before.scopes, after.scopes))
    return null;
  const { projects, scopes, role } = after;
  const given: AccountRole = { roleId: role.id, roleSlug: role.slug, projects, scopes };
  return lacking(request, 'this binding', { scopes: [], roles: [given] });
}

/**
 * What a role permits, and the slug that tokens carry for it, are given to everybody who holds it, the caller included, and no
 * writer can be said to hold a permission: APIs decide what one means. A name leads callers to a role, so it may move only
 * between roles that the caller holds.
 */
export async function permitRole(request: IamRequest, before: RoleRecord | null, after: RoleRecord | null): Verdict {
  if (before !== null) {
    const frozen = isFrozen(before);
    if (frozen !== null) return frozen;
  }
  const { caller } = request;
  if (caller.isAdmin || after === null) return null;
  if (before === null) return after.rules.length === 0 ? null : needsAdmin('giving a role its rules');
  if (before.slug !== after.slug) return needsAdmin('changing the slug of a role');
  if (before.name === after.name) return null;
  const held: AccountRole = { roleId: before.id, roleSlug: before.slug, projects: [], scopes: [] };
  return lacking(request, 'another name for this role', { scopes: [], roles: [held] });
}

/** Why nobody may change this role; null where it may be changed. Deleting it is a change too, binding it is none. */
export function isFrozen({ isReadOnly, system }: Pick<RoleRecord, 'isReadOnly' | 'system'>): Problem | null {
  if (!isReadOnly && !system) return null;
  return { kind: 'read-only', detail: `this is a ${system ? 'system' : 'read-only'} role, which cannot be changed` };
}

/** An account that is switched on, or goes by another slug, is one that callers reach in a new way: it must be within the caller's strength. */
export async function permitAccount(
  request: IamRequest,
  before: ServiceAccountRecord | null,
  after: ServiceAccountRecord | null,
): Verdict {
  if (request.caller.isAdmin || before === null || after === null) return null;
  const isSwitchedOn = before.status !== 'active' && after.status === 'active';
  if (!isSwitchedOn && before.slug === after.slug) return null;
  const strength = await request.deps.store.readAccountStrength(after.organisationId, after.id);
  return lacking(request, 'this change of the service account', strength);
}

/** What decides which tokens verify and whose they are gives everything that the provider's identities give. */
export async function permitProvider(
  request: IamRequest,
  before: IdentityProviderRecord | null,
  after: IdentityProviderRecord | null,
): Verdict {
  if (request.caller.isAdmin || before === null || after === null) return null;
  const isSwitchedOn = before.status !== 'active' && after.status === 'active';
  const isLonger = after.maxTokenLifetime > before.maxTokenLifetime;
  if (!isSwitchedOn && !isLonger && sameJson(verifyingMembers(before), verifyingMembers(after))) return null;
  const strength = await request.deps.store.readProviderStrength(after.organisationId, after.id);
  return lacking(request, 'this change of the identity provider', strength);
}

function verifyingMembers(provider: IdentityProviderRecord): unknown {
  const { localJwks, providerJwksUri: jwksUri, allowedAlgorithms, subjectClaim, preset } = provider;
  return {
    localJwks: localJwks === null ? null : [...localJwks.keys],
    jwksUri,
    allowedAlgorithms,
    subjectClaim,
    preset,
  };
}

function isOnlyNamedOrSwitchedOff(before: FederatedIdentityRecord, after: FederatedIdentityRecord): boolean {
  const isOff = after.status === 'inactive' || after.status === 'revoked';
  const { name, description, labels, annotations, updatedAt, objectVersion } = after;
  const named = { name, description, labels, annotations, updatedAt, objectVersion };
  return sameJson({ ...before, ...named, ...(isOff ? { status: after.status } : {}) }, after);
}

/** The 403 that names every scope and role that the caller would give without holding it; null where there is none. */
function lacking({ caller }: IamRequest, what: string, given: Strength): Problem | null {
  const scopes = [...new Set(scopesBeyond(caller, given.scopes))];
  const roles = [...new Set(rolesBeyond(caller, given.roles).map(describeRole))];
  const parts = [
    ...(scopes.length === 0 ? [] : [`${scopes.length === 1 ? 'scope' : 'scopes'} ${shown(scopes.join(', '))}`]),
    ...(roles.length === 0 ? [] : [`${roles.length === 1 ? 'role' : 'roles'} ${shown(roles.join(', '))}`]),
  ];
  if (parts.length === 0) return null;
  return forbidden(
    `${what} would give what the caller does not hold itself: ${parts.join(' and ')}; that takes the scope iam:admin`,
  );
}

function describeRole({ roleSlug, projects, scopes }: AccountRole): string {
  const where = projects.length === 0 ? '' : ` in ${projects.join(' and ')}`;
  return `${roleSlug}${where}${scopes.length === 0 ? '' : ` under ${scopes.join(' and ')}`}`;
}

function needsAdmin(what: string): Problem {
  return forbidden(`${what} takes the scope iam:admin: everybody who holds the role gets what it gives`);
}

function forbidden(detail: string): Problem {
  return {
    kind: 'forbidden',
    detail,
    headers: { 'www-authenticate': 'Bearer realm="cambist", error="insufficient_scope", scope="iam:admin"' },
  };
}
