// The kinds of objects that pages show and change: where each is in the API and in the console; members come from its definition.

import { accessCredential } from '../../objects/access-credential.ts';
import type { ObjectDefinition } from '../../objects/definition.ts';
import { federatedIdentity } from '../../objects/federated-identity.ts';
import { identityProvider } from '../../objects/identity-provider.ts';
import { organisation } from '../../objects/organisation.ts';
import { roleBinding } from '../../objects/role-binding.ts';
import { role, roleRule } from '../../objects/role.ts';
import { serviceAccount } from '../../objects/service-account.ts';
import type { Privilege } from '../page.ts';

export interface Kind {
  readonly definition: Pick<ObjectDefinition, 'members' | 'noun'>;
  /** Its place below /console; `:parent` stands for what it belongs to. */
  readonly base: string;
  /** Its place in the API. */
  readonly api: string;
  /** What changing it needs. */
  readonly change: Privilege;
  /** False if it is shown with what it belongs to, and has no page of its own. */
  readonly hasPage: boolean;
}

export const ACCOUNT: Kind = {
  definition: serviceAccount,
  base: '/accounts',
  api: '/v1/service-accounts',
  change: 'iam:write',
  hasPage: true,
};
export const PROVIDER: Kind = {
  definition: identityProvider,
  base: '/providers',
  api: '/v1/federated-identity-providers',
  change: 'iam:write',
  hasPage: true,
};
/** The federated identity, which pages call a rule. */
export const TRUST: Kind = {
  definition: { ...federatedIdentity, noun: 'rule' },
  base: '/trust',
  api: '/v1/federated-identities',
  change: 'iam:write',
  hasPage: true,
};
export const ROLE: Kind = {
  definition: role,
  base: '/roles',
  api: '/v1/iam/roles',
  change: 'iam:write',
  hasPage: true,
};
export const ROLE_RULE: Kind = {
  definition: { ...roleRule, noun: 'rule of the role' },
  base: '/roles/:parent/rules',
  api: '/v1/iam/roles/:parent/rules',
  change: 'iam:write',
  hasPage: false,
};
export const BINDING: Kind = {
  definition: roleBinding,
  base: '/roles/:parent/bindings',
  api: '/v1/iam/roles/:parent/bindings',
  change: 'iam:write',
  hasPage: false,
};
export const CREDENTIAL: Kind = {
  definition: accessCredential,
  base: '/accounts/:parent/credentials',
  api: '/v1/service-accounts/:parent/access-credentials',
  change: 'iam:write',
  hasPage: false,
};
export const ORGANISATION: Kind = {
  definition: organisation,
  base: '/organisations',
  api: '/v1/organisations',
  change: 'deployment',
  hasPage: true,
};

/** A path with its parameters in place. */
export function pathOf(pattern: string, parameters: Readonly<Record<string, string>>): string {
  return pattern.replaceAll(/:([a-z]+)/g, (_, name: string) => encodeURIComponent(parameters[name] ?? ''));
}

/** Where the object is in the API. */
export function apiPath({ api }: Kind, parameters: Readonly<Record<string, string>>): string {
  return pathOf(`${api}/:id`, parameters);
}

/** The page of an object, or that of what it belongs to. */
export function pageOf({ base, hasPage }: Kind, parameters: Readonly<Record<string, string>>): string {
  const pattern = hasPage ? `${base}/:id` : base.slice(0, base.lastIndexOf('/'));
  return `/console${pathOf(pattern, parameters)}`;
}

/** The list that the object is in. */
export function listOf(kind: Kind, parameters: Readonly<Record<string, string>>): string {
  return kind.hasPage ? `/console${pathOf(kind.base, parameters)}` : pageOf(kind, parameters);
}
