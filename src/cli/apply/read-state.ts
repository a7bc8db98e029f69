// What the organisation of a deployment holds now, with names where the API has ids; reads only.

import type { WrittenKind } from './kinds.ts';
import type { JsonObject, JsonValue } from '../../token/json.ts';
import { isJsonObject } from '../../token/json.ts';
import type { Api } from '../api.ts';
import { collectionPath, CONFIGURATION_LABEL } from './kinds.ts';

/** One object as the API answers it. */
export interface StoredObject {
  readonly kind: WrittenKind;
  readonly identity: string;
  readonly version: number;
  readonly name: string;
  /** The account of an identity, the role of a binding, by name. */
  readonly parent: string | null;
  /** The provider of an identity, the account of a binding, by name. */
  readonly refersTo: string | null;
  readonly view: JsonObject;
}

export interface State {
  readonly objects: readonly StoredObject[];
}

/** Reads every object of the organisation, oldest first within its kind. */
export async function readState(api: Api): Promise<State> {
  const [providers, accounts, identities, roles] = await Promise.all(
    (['provider', 'serviceAccount', 'identity', 'role'] as const).map((kind) =>
      api.list<JsonObject>(collectionPath(kind, '')),
    ),
  );
  const objects = [
    ...(providers ?? []).map((view) => stored('provider', view, null, null)),
    ...(accounts ?? []).map((view) => stored('serviceAccount', view, null, null)),
    ...(identities ?? []).map((view) =>
      stored('identity', view, nameOf(view['serviceAccount']), nameOf(view['provider'])),
    ),
    ...(roles ?? []).map((view) => stored('role', view, null, null)),
  ];
  for (const role of roles ?? []) {
    const bindings = await api.list<JsonObject>(collectionPath('binding', String(role['identity'])));
    for (const view of bindings) objects.push(stored('binding', view, nameOf(role), nameOf(view['serviceAccount'])));
  }
  return { objects: objects.toSorted((a, b) => (a.kind === b.kind && a.identity < b.identity ? -1 : 0)) };
}

/** Which configuration an object belongs to; null for none. */
export function managerOf({ view }: StoredObject): string | null {
  const labels = view['labels'];
  const value = isJsonObject(labels) ? labels[CONFIGURATION_LABEL] : undefined;
  return typeof value === 'string' ? value : null;
}

/** The rules of a role, as the API answers them. */
export function rulesOf(view: JsonObject): readonly JsonObject[] {
  const rules = view['rules'];
  return Array.isArray(rules) ? (rules as readonly JsonObject[]) : [];
}

/** True for a role that nobody may change, though it may be bound. */
export function isFixed({ view }: StoredObject): boolean {
  return view['isReadOnly'] === true || view['system'] === true;
}

function stored(kind: WrittenKind, view: JsonObject, parent: string | null, refersTo: string | null): StoredObject {
  const version = Number(view['objectVersion']);
  return { kind, identity: String(view['identity']), version, name: String(view['name']), parent, refersTo, view };
}

function nameOf(value: JsonValue | undefined): string | null {
  return isJsonObject(value) ? String(value['name']) : null;
}
