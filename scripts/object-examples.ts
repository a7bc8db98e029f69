// The example of each kind of object in the reference, made of the examples and defaults of its members.

import { accessCredential } from '../src/objects/access-credential.ts';
import { isWritable } from '../src/objects/definition.ts';
import type { Member, Members, ObjectDefinition } from '../src/objects/definition.ts';
import { federatedIdentity } from '../src/objects/federated-identity.ts';
import { identityProvider } from '../src/objects/identity-provider.ts';
import { organisation } from '../src/objects/organisation.ts';
import { defaultOf, newObject, viewOf } from '../src/objects/records.ts';
import { roleBinding } from '../src/objects/role-binding.ts';
import { role, roleRule } from '../src/objects/role.ts';
import { serviceAccount } from '../src/objects/service-account.ts';
import { isJsonObject } from '../src/token/json.ts';
import type { JsonObject, JsonValue } from '../src/token/json.ts';

/** Every kind of object of the API. */
export const OBJECTS: readonly ObjectDefinition[] = [
  identityProvider,
  serviceAccount,
  federatedIdentity,
  accessCredential,
  role,
  roleRule,
  roleBinding,
  organisation,
];
/** 2027-01-15T08:00:00Z, when every example was created. */
const CREATED_AT = 1_800_000_000;

/** What is written to make the example: what must be there, and what has an example of its own. */
export function writtenExample({ members }: Pick<ObjectDefinition, 'members'>): JsonObject {
  const written = Object.entries(members).filter(
    ([, member]) => isWritable(member) && (member.required === true || member.example !== undefined),
  );
  return Object.fromEntries(written.map(([name, member]) => [name, exampleOf(member)]));
}

/** The example as it is answered. */
export function answeredExample(object: ObjectDefinition): JsonObject {
  const joined = Object.entries(object.joins).map(([name, join]) => {
    const other = recordExample(join.object.members);
    return [name, { ...other, id: join.object.example }] as const;
  });
  return viewOf(object, {
    ...newObject(object.example, '', CREATED_AT),
    ...recordExample(object.members),
    ...Object.fromEntries(joined),
  });
}

function recordExample(members: Members): Record<string, unknown> {
  const written = writtenExample({ members });
  return Object.fromEntries(
    Object.entries(members).map(([name, member]) => {
      const hasOwn = member.example !== undefined || member.is.kind === 'identifier';
      return [name, hasOwn ? answered(member, exampleOf(member)) : defaultOf(member, written, '')];
    }),
  );
}

function exampleOf({ is, example }: Member): JsonValue {
  if (is.kind !== 'identifier') return (example ?? null) as JsonValue;
  return OBJECTS.find(({ idPrefix }) => idPrefix === is.prefix)?.example ?? null;
}

/** Objects that are written inside another one are answered with their identifiers and defaults. */
function answered({ is }: Member, example: JsonValue): JsonValue {
  if (is.kind !== 'list' || is.of.kind !== 'nested' || !Array.isArray(example)) return example;
  const { members } = is.of as { readonly members: Members };
  const { example: identity = null } = OBJECTS.find((object) => isNestedIn(object, members)) ?? {};
  return example.map((one: JsonValue) => ({
    identity,
    ...(recordExample(members) as JsonObject),
    ...(isJsonObject(one) ? one : {}),
  }));
}

function isNestedIn(object: ObjectDefinition, members: Members): boolean {
  return Object.keys(members).every((name) => object.members[name] === members[name]);
}
