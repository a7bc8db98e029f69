// Compares a declaration with what is there: what would have to change, and what stands against it. Pure; changes nothing.

import type { WrittenKind } from './kinds.ts';
import type { JsonObject, JsonValue } from '../../token/json.ts';
import { isJsonObject } from '../../token/json.ts';
import type { Declaration, DeclaredObject } from './read-declaration.ts';
import type { Fault } from './read-document.ts';
import { canonicalJson } from '../../token/canonical-json.ts';
import { defaultsOf, IMMUTABLE, KIND_NAMES, CONFIGURATION_LABEL } from './kinds.ts';
import { isFixed, managerOf, rulesOf } from './read-state.ts';
import { mayShareIssuer } from './shared-issuer.ts';
import type { State, StoredObject } from './read-state.ts';

export interface MemberChange {
  readonly member: string;
  readonly before: JsonValue;
  readonly after: JsonValue;
}

/** One write. `path` are the names that lead to the object: the account of an identity and its own, the role of a rule. */
export interface Change {
  readonly action: 'create' | 'update' | 'delete';
  readonly kind: WrittenKind | 'rule';
  readonly path: readonly string[];
  /** Of what is there already; null if it is created. */
  readonly identity: string | null;
  readonly version: number | null;
  /** The members to write, without references. */
  readonly body: JsonObject;
  /** The name of what it refers to, which may itself be created by this plan. */
  readonly refersTo: string | null;
  readonly changes: readonly MemberChange[];
  /** What goes with it though this configuration did not make it. */
  readonly alsoDeletes: readonly string[];
}

export interface Plan {
  readonly changes: readonly Change[];
  /** What gives objects that nobody's configuration made the label of this one, though they are as they are declared. */
  readonly adoptions: readonly Change[];
  /** Declared objects that are there as they are declared. */
  readonly unchanged: number;
  /** Objects of this configuration that it no longer declares, and that stay without --prune. */
  readonly leftOver: readonly StoredObject[];
  readonly faults: readonly Fault[];
}

/** Plans what makes the state as it is declared; with `prune`, what the declaration no longer has is deleted. */
export function planChanges(declaration: Declaration, state: State, prune: boolean): Plan {
  const faults: Fault[] = referenceFaults(declaration, state);
  const matched = new Map<DeclaredObject, StoredObject>();
  for (const declared of declaration.objects) {
    const stored = findStored(declared, declaration.objects, state);
    if (stored !== undefined) matched.set(declared, stored);
  }
  const perObject = KIND_NAMES.flatMap((kind) => declaration.objects.filter((declared) => declared.kind === kind)).map(
    (declared) => changesOf(declared, matched.get(declared), declaration, faults),
  );
  const adoptions = perObject.flat().filter((change) => isAdoption(change));
  const kept = new Set(matched.values());
  const gone = state.objects.filter((stored) => managerOf(stored) === declaration.name && !kept.has(stored));
  const deletions = [...KIND_NAMES]
    .toReversed()
    .flatMap((kind) => gone.filter((stored) => stored.kind === kind))
    .map((stored) => deletion(stored, gone, state));
  return {
    changes: [...perObject.flat().filter((change) => !isAdoption(change)), ...(prune ? deletions : [])],
    adoptions,
    unchanged: perObject.filter((changes) => changes.every((change) => isAdoption(change))).length,
    leftOver: prune ? [] : gone,
    faults,
  };
}

/** True if nothing but the label of the configuration is added: what was declared of the object is there already. */
function isAdoption({ action, changes: [change, ...others] }: Change): boolean {
  if (action !== 'update' || change?.member !== 'labels' || others.length > 0 || !isJsonObject(change.after))
    return false;
  const before = isJsonObject(change.before) ? change.before : {};
  const { [CONFIGURATION_LABEL]: _, ...labels } = change.after;
  return !Object.hasOwn(before, CONFIGURATION_LABEL) && canonicalJson(labels) === canonicalJson(before);
}

/** The names that lead to an object. */
export function pathOf({ parent, name }: Pick<StoredObject, 'parent' | 'name'>): readonly string[] {
  return parent === null ? [name] : [parent, name];
}

/**
 * By name; a provider also by its issuer, so that it can be renamed. One that has a name of its own in the file, or whose
 * keys let it stand beside this one, is another provider.
 */
function findStored(
  declared: DeclaredObject,
  declarations: readonly DeclaredObject[],
  { objects }: State,
): StoredObject | undefined {
  const sameKind = objects.filter(({ kind }) => kind === declared.kind);
  const byName = sameKind.find(({ name, parent }) => name === declared.name && parent === declared.parent);
  if (byName !== undefined || declared.kind !== 'provider') return byName;
  const isDeclared = (name: string): boolean =>
    declarations.some((one) => one.kind === 'provider' && one.name === name);
  return sameKind.find(
    ({ name, view }) =>
      view['providerIssuer'] === declared.members['providerIssuer'] &&
      !isDeclared(name) &&
      !mayShareIssuer(view, declared.members),
  );
}

function referenceFaults({ objects }: Declaration, state: State): Fault[] {
  const exists = (kind: WrittenKind, name: string): boolean =>
    [...objects, ...state.objects].some((object) => object.kind === kind && object.name === name);
  const faults: Fault[] = [];
  for (const { kind, refersTo, place } of objects) {
    if (refersTo === null || refersTo === '') continue;
    const [member, wanted, noun] =
      kind === 'identity'
        ? (['provider', 'provider', 'identity provider'] as const)
        : (['serviceAccount', 'serviceAccount', 'service account'] as const);
    if (!exists(wanted, refersTo))
      faults.push({
        place: [...place, member],
        detail: `there is no ${noun} ${refersTo}, neither here nor in the deployment`,
      });
  }
  return faults;
}

function changesOf(
  declared: DeclaredObject,
  stored: StoredObject | undefined,
  { name: manager }: Declaration,
  faults: Fault[],
): readonly Change[] {
  const { kind, place, members, refersTo } = declared;
  const path = pathOf(declared);
  const common = { kind, path, refersTo, alsoDeletes: [] } as const;
  if (stored === undefined) {
    const body = { name: declared.name, ...members, ...(declared.rules === null ? {} : { rules: declared.rules }) };
    const labels = { ...(isJsonObject(members['labels']) ? members['labels'] : {}), [CONFIGURATION_LABEL]: manager };
    const changes = Object.entries(body)
      .filter(([member]) => member !== 'name')
      .map(([member, after]) => ({ member, before: null, after }));
    return [{ ...common, action: 'create', identity: null, version: null, body: { ...body, labels }, changes }];
  }
  const other = managerOf(stored);
  if (other !== null && other !== manager) {
    faults.push({
      place,
      detail: `belongs to the configuration ${other}: take it out there first, or out of this one`,
    });
    return [];
  }
  for (const member of IMMUTABLE[kind]) {
    const [now, wanted] =
      kind === 'provider' ? [stored.view[member], members[member]] : [stored.refersTo, declared.refersTo];
    if (now === wanted) continue;
    const detail = `cannot be changed (it is ${String(now)}): give the object another name, and apply with --prune`;
    faults.push({ place: [...place, member], detail });
    return [];
  }
  const fixed = isFixed(stored);
  const wanted = fixed ? { ...members } : wantedMembers(declared, stored, manager);
  const changes = Object.entries(wanted)
    .map(([member, after]) => ({ member, before: stored.view[member] ?? null, after }))
    .filter(({ member, before, after }) => !isSame(member, before, after));
  const rules = fixed && declared.rules === null ? [] : ruleChanges(declared, stored);
  if (fixed) {
    if (changes.length > 0 || rules.length > 0)
      faults.push({ place, detail: 'is a role that cannot be changed: declare nothing but its bindings' });
    return [];
  }
  const body = Object.fromEntries(changes.map(({ member, after }) => [member, after]));
  const { identity, version } = stored;
  return [
    ...(changes.length === 0 ? [] : [{ ...common, action: 'update' as const, identity, version, body, changes }]),
    ...rules,
  ];
}

/** Every member as it should be; labels and annotations that are not declared stay, but for the label of the configuration. */
function wantedMembers({ kind, name, members }: DeclaredObject, { view }: StoredObject, manager: string): JsonObject {
  const declared = Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null));
  const labels = [declared['labels'], view['labels']].find(isJsonObject) ?? {};
  return { ...defaultsOf(kind, declared), ...declared, name, labels: { ...labels, [CONFIGURATION_LABEL]: manager } };
}

/** A role has exactly the rules that are declared; they have no names, so a rule that changed is another rule. */
function ruleChanges({ name, rules }: DeclaredObject, { kind, view, identity }: StoredObject): Change[] {
  if (kind !== 'role') return [];
  const left = rulesOf(view).map((rule) => ({ rule, text: ruleText(rule) }));
  const common = { kind: 'rule', path: [name], refersTo: null, version: null, alsoDeletes: [] } as const;
  const created = (rules ?? []).flatMap((rule): Change[] => {
    const at = left.findIndex(({ text }) => text === ruleText(rule));
    if (at >= 0) {
      left.splice(at, 1);
      return [];
    }
    return [
      { ...common, action: 'create', identity, body: rule, changes: [{ member: 'rule', before: null, after: rule }] },
    ];
  });
  const deleted = left.map(({ rule }): Change => {
    const { identity: ruleIdentity, ...content } = rule;
    const changes = [{ member: 'rule', before: content, after: null }];
    return { ...common, action: 'delete', identity, body: { identity: ruleIdentity ?? null }, changes };
  });
  return [...created, ...deleted];
}

function ruleText(rule: JsonObject): string {
  const { resources = [], resourceIdentities, permissions = [], note } = rule;
  return JSON.stringify([resources, resourceIdentities ?? [], permissions, note ?? '']);
}

function deletion(stored: StoredObject, gone: readonly StoredObject[], { objects }: State): Change {
  const { kind, identity, version } = stored;
  const goes = ({ kind: other, parent, refersTo, name }: StoredObject): boolean =>
    (kind === 'serviceAccount' && other === 'identity' && parent === stored.name) ||
    (kind === 'serviceAccount' && other === 'binding' && refersTo === stored.name && name !== '');
  const alsoDeletes = objects
    .filter((object) => goes(object) && !gone.includes(object))
    .map(
      (object) => `${object.kind === 'identity' ? 'federated identity' : 'role binding'} ${pathOf(object).join(' / ')}`,
    );
  return {
    action: 'delete',
    kind,
    path: pathOf(stored),
    identity,
    version,
    body: {},
    refersTo: null,
    changes: [],
    alsoDeletes,
  };
}

function isSame(member: string, before: JsonValue, after: JsonValue): boolean {
  if (member === 'expiresAt' && typeof before === 'string' && typeof after === 'string')
    return Math.floor(Date.parse(before) / 1000) === Math.floor(Date.parse(after) / 1000);
  // Read from expiresAt, never written.
  if (member === 'status' && before === 'expired') return after === 'active';
  // The API answers an empty expression as none.
  if (member === 'expression' && before === null && after === '') return true;
  return canonicalJson(before) === canonicalJson(after);
}
