// A state as the configuration that declares it: defaults, ids and the label of apply left out. Pure.

import { slugOf } from '../../objects/slug.ts';
import type { JsonObject } from '../../token/json.ts';
import { isJsonObject } from '../../token/json.ts';
import type { WrittenKind } from './kinds.ts';
import { writtenMembers } from './object-faults.ts';
import { defaultsOf, CONFIGURATION_LABEL } from './kinds.ts';
import { canonicalJson } from '../../token/canonical-json.ts';
import { isFixed, rulesOf } from './read-state.ts';
import type { State, StoredObject } from './read-state.ts';

/** The configuration that declares a state; members that have their default are left out. */
export function configurationOf(state: State, name: string, deployment: string): JsonObject {
  const ofKind = (kind: WrittenKind): readonly StoredObject[] => state.objects.filter((object) => object.kind === kind);
  const named = (
    objects: readonly StoredObject[],
    write: (object: StoredObject) => JsonObject,
  ): JsonObject | undefined =>
    objects.length === 0 ? undefined : Object.fromEntries(objects.map((object) => [object.name, write(object)]));
  const childrenOf = (kind: WrittenKind, parent: StoredObject): readonly StoredObject[] =>
    ofKind(kind).filter((object) => object.parent === parent.name);
  return compact({
    name,
    deployment,
    providers: named(ofKind('provider'), (object) => ({
      providerIssuer: object.view['providerIssuer'] ?? '',
      ...membersOf(object),
    })),
    serviceAccounts: named(ofKind('serviceAccount'), (object) =>
      compact({
        ...membersOf(object),
        identities: named(childrenOf('identity', object), (identity) => ({
          provider: identity.refersTo,
          ...membersOf(identity),
        })),
      }),
    ),
    roles: named(ofKind('role'), (object) =>
      compact({
        ...(isFixed(object) ? {} : { ...membersOf(object), rules: rulesOfRole(object) }),
        bindings: named(childrenOf('binding', object), (binding) => ({
          serviceAccount: binding.refersTo,
          ...membersOf(binding),
        })),
      }),
    ),
  });
}

/** The members that a file would have to name. */
function membersOf({ kind, name, view }: StoredObject): JsonObject {
  const written = writtenMembers(kind).filter((member) => member !== 'name' && member !== 'rules');
  const given = Object.fromEntries(written.map((member) => [member, view[member] ?? null]));
  const defaults: JsonObject = { ...defaultsOf(kind, given), slug: slugOf(name), annotations: {} };
  const labels = Object.entries(isJsonObject(given['labels']) ? given['labels'] : {}).filter(
    ([key]) => key !== CONFIGURATION_LABEL,
  );
  const members: JsonObject = { ...given, labels: labels.length === 0 ? null : Object.fromEntries(labels) };
  return Object.fromEntries(
    Object.entries(members).filter(
      ([member, value]) =>
        value !== null &&
        canonicalJson(value) !== canonicalJson(defaults[member] ?? null) &&
        // Read from expiresAt.
        !(member === 'status' && value === 'expired'),
    ),
  );
}

/** The rules of a role without ids and defaults; none if it has none. */
function rulesOfRole({ view }: StoredObject): readonly JsonObject[] | undefined {
  const rules = rulesOf(view).map(({ resources = [], resourceIdentities = [], permissions = [], note = '' }) =>
    compact({
      resources,
      resourceIdentities:
        Array.isArray(resourceIdentities) && resourceIdentities.length > 0 ? resourceIdentities : undefined,
      permissions,
      note: note === '' ? undefined : note,
    }),
  );
  return rules.length === 0 ? undefined : rules;
}

function compact(members: Readonly<Record<string, JsonObject[string] | undefined>>): JsonObject {
  return Object.fromEntries(
    Object.entries(members).filter((entry): entry is [string, JsonObject[string]] => entry[1] !== undefined),
  );
}
