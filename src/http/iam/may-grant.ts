// Who may give what (contract §4): a writer gives only what it holds, acts only as accounts of its own, and by no detour. One question for each way of giving.

import type { AccessCredentialRecord } from '../../objects/access-credential.ts';
import type { FederatedIdentityRecord } from '../../objects/federated-identity.ts';
import type { IdentityProviderRecord } from '../../objects/identity-provider.ts';
import type { RoleBindingRecord } from '../../objects/role-binding.ts';
import type { RoleRecord, RoleRuleRecord } from '../../objects/role.ts';
import type { ServiceAccountRecord } from '../../objects/service-account.ts';
import type { Strength } from '../../objects/storage.ts';
import type { AccountRole } from '../../exchange/token-standing.ts';
import type { Problem } from '../problem.ts';
import { audiencesBeyond, rolesBeyond, scopesBeyond } from './caller.ts';
import type { IamRequest } from './deps.ts';
import { fault, invalid, shown } from './faults.ts';
import {
  effectiveAudiences,
  isLessBinding,
  isLessCredential,
  isLessIdentity,
  isLessProvider,
  isLessRule,
  isOnlySwitchedOff,
} from './narrowing.ts';
import type { DefaultAudiences } from './narrowing.ts';

type Verdict = Promise<Problem | null>;

/**
 * An identity gives whom it describes its account: the scopes and audiences of its tokens, and the roles of the account. A
 * change gives both what was there and what comes, unless it only takes away.
 */
export async function permitIdentity(
  request: IamRequest,
  before: FederatedIdentityRecord | null,
  after: FederatedIdentityRecord | null,
): Verdict {
  if (after === null) return null;
  const reserved = await reservedByOthers(request, before, after);
  if (reserved !== null) return reserved;
  const defaults = defaultsOf(request);
  if (request.caller.isAdmin) return null;
  if (before !== null && isLessIdentity(before, after, defaults)) return null;
  const account = await readAccount(request, after.organisationId, after.serviceAccount.id);
  return lacking(request, 'this federated identity', {
    ...account,
    scopes: [...(before?.allowedScopes ?? []), ...after.allowedScopes],
    tokenAudiences: [...(before === null ? [] : [before.tokenAudiences]), after.tokenAudiences],
  });
}

/** An audience that another organisation has reserved is refused to everybody when it is written; what was there before is skipped by an exchange. */
async function reservedByOthers(
  request: IamRequest,
  before: FederatedIdentityRecord | null,
  after: FederatedIdentityRecord,
): Verdict {
  const defaults = defaultsOf(request);
  const had = before === null ? [] : effectiveAudiences(before.tokenAudiences, defaults);
  const audiences = effectiveAudiences(after.tokenAudiences, defaults);
  const added = audiences.filter((audience) => !had.includes(audience));
  if (added.length === 0) return null;
  const reserved = await request.deps.store.readReservedByOthers(after.organisationId, added);
  if (reserved.length === 0) return null;
  return invalid(
    reserved.map((audience) => {
      const index = after.tokenAudiences.indexOf(audience);
      return index === -1
        ? fault(
            ['tokenAudiences'],
            `must be given: another organisation has reserved ${audience}, which stands for none`,
          )
        : fault(['tokenAudiences', index], 'is reserved by another organisation');
    }),
  );
}

/** A credential gives its account: its scopes, the audiences that every credential has, and the roles of the account. */
export async function permitCredential(
  request: IamRequest,
  before: AccessCredentialRecord | null,
  after: AccessCredentialRecord | null,
): Verdict {
  if (request.caller.isAdmin || after === null) return null;
  if (before !== null && isLessCredential(before, after)) return null;
  const account = await readAccount(request, after.organisationId, after.serviceAccountIdentity);
  const scopes = [...(before?.scopes ?? []), ...after.scopes];
  return lacking(request, 'this access credential', { ...account, scopes, tokenAudiences: [[]] });
}

/** A binding gives its role, as far as it reaches. */
export async function permitBinding(
  request: IamRequest,
  before: RoleBindingRecord | null,
  after: RoleBindingRecord | null,
): Verdict {
  if (request.caller.isAdmin || after === null) return null;
  if (before !== null && isLessBinding(before, after)) return null;
  const { projects, scopes, role } = after;
  return lacking(request, 'this binding', {
    ...NOTHING,
    roles: [{ roleId: role.id, roleSlug: role.slug, projects, scopes }],
  });
}

/**
 * What a role permits, and the slug that tokens carry for it, are given to everybody who holds it, the caller included. No
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
  return lacking(request, 'another name for this role', { ...NOTHING, roles: [held] });
}

/** A rule gives whatever it says to everybody who holds its role; deleting or narrowing it gives nothing. */
export async function permitRule(
  { caller }: IamRequest,
  before: RoleRuleRecord | null,
  after: RoleRuleRecord | null,
): Verdict {
  const role = (after ?? before)?.role;
  const frozen = role === undefined ? null : isFrozen(role);
  if (frozen !== null || caller.isAdmin || after === null) return frozen;
  if (before !== null && isLessRule(before, after)) return null;
  return needsAdmin('giving a role a rule');
}

/** Why nobody may change this role; null when it may be changed. Deleting it is a change too, binding it is none. */
function isFrozen({ isReadOnly, system }: Pick<RoleRecord, 'isReadOnly' | 'system'>): Problem | null {
  if (!isReadOnly && !system) return null;
  return { kind: 'read-only', detail: `this is a ${system ? 'system' : 'read-only'} role, which cannot be changed` };
}

/** Callers reach an account in a new way when it is switched on, or goes by another slug. */
export async function permitAccount(
  request: IamRequest,
  before: ServiceAccountRecord | null,
  after: ServiceAccountRecord | null,
): Verdict {
  if (request.caller.isAdmin || before === null || after === null) return null;
  const isSwitchedOn = before.status !== 'active' && after.status === 'active';
  if (!isSwitchedOn && before.slug === after.slug) return null;
  const account = await readAccount(request, after.organisationId, after.id);
  return lacking(request, 'this change of the service account', account);
}

/**
 * What decides which tokens verify, and whose they are, gives every account that the provider's identities give. Keys given
 * by hand decide for whoever trusts the issuer later, too: they are an administrator's, from the start.
 */
export async function permitProvider(
  request: IamRequest,
  before: IdentityProviderRecord | null,
  after: IdentityProviderRecord | null,
): Verdict {
  if (request.caller.isAdmin || after === null) return null;
  if (before !== null && isOnlySwitchedOff(before, after)) return null;
  if ([before, after].some((provider) => provider !== null && hasHandGivenKeys(provider))) {
    return forbidden(
      'an identity provider with localJwks or providerJwksUri decides for everybody who trusts its issuer: creating or changing it takes the scope iam:admin; disabling and deleting it do not',
    );
  }
  if (before === null || isLessProvider(before, after)) return null;
  const { caller, deps } = request;
  const strength = await deps.store.readProviderStrength(after.organisationId, after.id, actingAs(caller));
  return lacking(request, 'this change of the identity provider', strength);
}

function hasHandGivenKeys({ localJwks, providerJwksUri }: IdentityProviderRecord): boolean {
  return localJwks !== null || providerJwksUri !== null;
}

/** An account with nothing in it, for what is given without acting as anybody. */
const NOTHING: Strength = { scopes: [], tokenAudiences: [], roles: [], foreignAccounts: [], heldAudiences: null };

function readAccount({ caller, deps }: IamRequest, organisationId: string, id: string): Promise<Strength> {
  return deps.store.readAccountStrength(organisationId, id, actingAs(caller));
}

/** Root never gets here; without an account of its own a caller holds nothing. */
function actingAs({ serviceAccountId, token }: IamRequest['caller']): {
  serviceAccountId: string;
  federatedIdentityId: string | null;
} {
  const identity = token?.claims['federated_identity'];
  return {
    serviceAccountId: serviceAccountId ?? '',
    federatedIdentityId: typeof identity === 'string' ? identity : null,
  };
}

/** A default that is not known cannot be held, so that nothing is given before it is known. */
function defaultsOf({ issuerUrl, deps }: IamRequest): DefaultAudiences {
  return { issuerUrl, defaultAudience: deps.config.defaultAudience ?? 'DEFAULT_AUDIENCE' };
}

/** The 403 that names everything that the caller would give without holding it; null when there is nothing. */
function lacking(request: IamRequest, what: string, given: Strength): Problem | null {
  const { caller } = request;
  const defaults = defaultsOf(request);
  if (given.foreignAccounts.length > 0) {
    const slugs = given.foreignAccounts.join(', ');
    return forbidden(
      `${what} decides who acts as ${slugs}, which the caller's account neither is nor created; that takes the scope iam:admin`,
    );
  }
  const audiences = given.tokenAudiences.flatMap((list) => effectiveAudiences(list, defaults));
  // A credential's tokens, and those of this caller that came by one, are for the default audience or for this service.
  const held = [
    defaults.issuerUrl,
    ...(given.heldAudiences === null ? [] : effectiveAudiences(given.heldAudiences, defaults)),
  ];
  const parts = [
    named('scope', scopesBeyond(caller, given.scopes)),
    named('token audience', audiencesBeyond(caller, held, audiences)),
    named('role', rolesBeyond(caller, given.roles).map(describeRole)),
  ].filter((part) => part !== null);
  if (parts.length === 0) return null;
  return forbidden(
    `${what} would give what the caller does not hold itself: ${parts.join(' and ')}; that takes the scope iam:admin`,
  );
}

function named(kind: string, values: readonly string[]): string | null {
  const distinct = [...new Set(values)];
  if (distinct.length === 0) return null;
  return `${kind}${distinct.length === 1 ? '' : 's'} ${shown(distinct.join(', '))}`;
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
