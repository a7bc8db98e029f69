// The kinds of objects that a configuration declares: their definitions, and what a missing member means.

import type { Member, ObjectDefinition } from '../../objects/definition.ts';
import { federatedIdentity } from '../../objects/federated-identity.ts';
import { identityProvider } from '../../objects/identity-provider.ts';
import { defaultOf } from '../../objects/records.ts';
import { roleBinding } from '../../objects/role-binding.ts';
import { role, roleRule } from '../../objects/role.ts';
import { serviceAccount } from '../../objects/service-account.ts';
import type { JsonObject, JsonValue } from '../../token/json.ts';

export type WrittenKind = 'provider' | 'serviceAccount' | 'role' | 'identity' | 'binding';

/** In the order in which they are created; they are deleted in the reverse order. */
export const KINDS: Readonly<Record<WrittenKind, { readonly object: ObjectDefinition }>> = {
  provider: { object: identityProvider },
  serviceAccount: { object: serviceAccount },
  role: { object: role },
  identity: { object: federatedIdentity },
  binding: { object: roleBinding },
};
export const KIND_NAMES = Object.keys(KINDS) as readonly WrittenKind[];

/** Says which configuration an object belongs to; `--prune` deletes nothing without it. */
export const CONFIGURATION_LABEL = 'cambist/configuration';

export const KIND_LABELS: Readonly<Record<WrittenKind | 'rule', string>> = {
  provider: identityProvider.noun,
  serviceAccount: serviceAccount.noun,
  role: role.noun,
  rule: 'role rule',
  identity: federatedIdentity.noun,
  binding: roleBinding.noun,
};

/** Under `/v1`; a binding's names its role. */
export function collectionPath(kind: WrittenKind | 'rule', parentIdentity: string): string {
  const { path } = kind === 'rule' ? roleRule : KINDS[kind].object;
  return path.replace('/v1', '').replace('{id}', parentIdentity);
}

/** Members that stay as they are unless they are declared. */
const KEPT: readonly string[] = ['name', 'slug', 'labels', 'annotations'];

/** What the service makes of members that are not declared. */
export function defaultsOf(kind: WrittenKind, members: JsonObject): JsonObject {
  const entries = Object.entries<Member>(KINDS[kind].object.members).filter(
    ([name, { readOnly, hidden, computed, default: given }]) =>
      given !== undefined && readOnly !== true && hidden !== true && computed !== true && !KEPT.includes(name),
  );
  return Object.fromEntries(entries.map(([name, member]) => [name, defaultOf(member, members, '') as JsonValue]));
}

/** Members that are decided when an object is created; a file says by its name what one refers to. */
export const IMMUTABLE: Readonly<Record<WrittenKind, readonly string[]>> = {
  provider: ['providerIssuer'],
  serviceAccount: [],
  role: [],
  identity: ['provider'],
  binding: ['serviceAccount'],
};
