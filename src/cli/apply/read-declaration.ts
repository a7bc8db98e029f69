// Turns the data of a configuration file into declared objects and tests, or names every fault at its place; asks no service.

import { identityFaults, identityWarnings, memberFaults, providerFaults, soundMembers } from './object-faults.ts';
import type { WrittenKind } from './kinds.ts';
import type { WrittenIdentity, WrittenProvider } from '../../exchange/written-configuration.ts';
import type { JsonObject, JsonValue } from '../../token/json.ts';
import { isJsonObject } from '../../token/json.ts';
import type { Fault, Place } from './read-document.ts';
import { CONFIGURATION_LABEL } from './kinds.ts';
import { readTests } from './read-tests.ts';
import { mayShareIssuer } from './shared-issuer.ts';
import type { DeclaredTest } from './read-tests.ts';

/** One object as it is declared; names stand for other objects. */
export interface DeclaredObject {
  readonly kind: WrittenKind;
  readonly name: string;
  /** The account of an identity, the role of a binding. */
  readonly parent: string | null;
  /** The provider of an identity, the account of a binding. */
  readonly refersTo: string | null;
  /** As the API has them, without the name, the references and a role's rules. */
  readonly members: JsonObject;
  /** Of a role that declares them. */
  readonly rules: readonly JsonObject[] | null;
  readonly place: Place;
}

export interface Declaration {
  /** The value of the label that says which objects are this configuration's. */
  readonly name: string;
  /** The ISSUER_URL of the deployment it is for. */
  readonly deployment: string | null;
  readonly defaultAudience: string | null;
  readonly objects: readonly DeclaredObject[];
  readonly tests: readonly DeclaredTest[];
  /** What sound rules accept, or never will, beyond what their author may expect. */
  readonly warnings: readonly Fault[];
}

const TOP_LEVEL = ['name', 'deployment', 'defaultAudience', 'providers', 'serviceAccounts', 'roles', 'tests'];
/** What an editor reads, and nobody else. */
const SCHEMA = '$schema';
export const CONFIGURATION_NAME: RegExp = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;

/** Reads a configuration; the faults are all there are. */
export function readDeclaration(data: JsonObject): {
  readonly declaration: Declaration;
  readonly faults: readonly Fault[];
} {
  const faults: Fault[] = [];
  const report = (place: Place, detail: string): void => void faults.push({ place, detail });
  for (const key of Object.keys(data))
    if (!TOP_LEVEL.includes(key) && key !== SCHEMA)
      report([key], `is not a part of a configuration; the parts are ${TOP_LEVEL.join(', ')}`);
  const name = textAt(data, 'name', report);
  if (name === null)
    report([], 'name is required: it says which objects are this configuration’s, so that --prune deletes no others');
  else if (!CONFIGURATION_NAME.test(name))
    report(['name'], 'must be up to 63 letters, digits, dots, hyphens and underscores');
  textAt(data, SCHEMA, report);
  const deployment = textAt(data, 'deployment', report);
  if (deployment !== null && URL.parse(deployment)?.origin !== deployment)
    report(['deployment'], 'must be the ISSUER_URL of the deployment: an origin such as https://tokens.example.com');

  const objects = [
    ...childrenOf(data, 'providers', [], report).map((child) => object('provider', child, null, null, report)),
    ...childrenOf(data, 'serviceAccounts', [], report).flatMap((child) => readAccount(child, report)),
    ...childrenOf(data, 'roles', [], report).flatMap((child) => readRole(child, report)),
  ];
  const warnings = judge(objects, deployment, report);
  const tests = childrenOf(data, 'tests', [], report).flatMap((child) => readTests(child, report) ?? []);
  return {
    declaration: {
      name: name ?? '',
      deployment,
      defaultAudience: textAt(data, 'defaultAudience', report),
      objects,
      tests,
      warnings,
    },
    faults,
  };
}

export interface Child {
  readonly name: string;
  readonly value: JsonObject;
  readonly place: Place;
}

export type Report = (place: Place, detail: string) => void;

function textAt(data: JsonObject, key: string, report: Report): string | null {
  const value = data[key] ?? null;
  if (value === null || (typeof value === 'string' && value !== '')) return value;
  report([key], 'must be a text that is not empty');
  return null;
}

/** The named maps under a key; an entry without a value has no members. */
function childrenOf(parent: JsonObject, key: string, place: Place, report: Report): Child[] {
  const value: JsonValue = parent[key] ?? {};
  if (!isJsonObject(value)) {
    report([...place, key], 'must be a map of names');
    return [];
  }
  return Object.entries(value).flatMap(([name, members]) => {
    const at = [...place, key, name];
    if (members === null) return [{ name, value: {}, place: at }];
    if (isJsonObject(members)) return [{ name, value: members, place: at }];
    report(at, 'must be a map of members');
    return [];
  });
}

function readAccount({ name, value, place }: Child, report: Report): DeclaredObject[] {
  const { identities: _, ...members } = value;
  const rules = childrenOf(value, 'identities', place, report).map((child) => {
    const { provider, ...rest } = child.value;
    const refersTo = referenceOf(provider, [...child.place, 'provider'], 'the name of an identity provider', report);
    return object('identity', { ...child, value: rest }, name, refersTo, report);
  });
  return [object('serviceAccount', { name, value: members, place }, null, null, report), ...rules];
}

function readRole({ name, value, place }: Child, report: Report): DeclaredObject[] {
  const { bindings: _, ...members } = value;
  const bindings = childrenOf(value, 'bindings', place, report).map((child) => {
    const { serviceAccount, ...rest } = child.value;
    const at = [...child.place, 'serviceAccount'];
    const refersTo = referenceOf(serviceAccount, at, 'the name of a service account', report);
    return object('binding', { ...child, value: rest }, name, refersTo, report);
  });
  return [object('role', { name, value: members, place }, null, null, report), ...bindings];
}

function referenceOf(value: JsonValue | undefined, place: Place, what: string, report: Report): string {
  if (typeof value === 'string' && value !== '') return value;
  report(place, `must be ${what}`);
  return '';
}

function object(
  kind: WrittenKind,
  { name, value, place }: Child,
  parent: string | null,
  refersTo: string | null,
  report: Report,
): DeclaredObject {
  if (Object.hasOwn(value, 'name')) report([...place, 'name'], 'is given by the key above it');
  for (const { path, detail } of memberFaults(kind, { ...value, name })) report([...place, ...path], detail);
  const { labels } = value;
  if (isJsonObject(labels) && Object.hasOwn(labels, CONFIGURATION_LABEL))
    report([...place, 'labels', CONFIGURATION_LABEL], 'is set by apply');
  const { rules, ...members } = value;
  return {
    kind,
    name,
    parent,
    refersTo,
    members: kind === 'role' ? members : value,
    rules: kind === 'role' && Array.isArray(rules) ? (rules as readonly JsonObject[]) : null,
    place,
  };
}

/** Reports the faults of the objects, and answers what to think about in those that have none. */
function judge(objects: readonly DeclaredObject[], deployment: string | null, report: Report): readonly Fault[] {
  const warnings: Fault[] = [];
  const seen: WrittenProvider[] = [];
  for (const declared of objects) {
    const { kind, place, members, name } = declared;
    if (memberFaults(kind, { ...members, name }).length > 0) continue;
    if (kind === 'provider') {
      const provider = soundMembers<WrittenProvider>({ ...members, name });
      for (const { path, detail } of providerFaults(provider, deployment)) report([...place, ...path], detail);
      const isTaken = seen.some(
        ({ providerIssuer, localJwks }) =>
          providerIssuer === provider.providerIssuer && !mayShareIssuer({ localJwks }, members),
      );
      if (isTaken)
        report(
          [...place, 'providerIssuer'],
          'is the issuer of another provider here; only providers with localJwks and no key in common may share one',
        );
      seen.push(provider);
    }
    if (kind === 'identity') {
      const written = { ...members, name, serviceAccount: declared.parent, provider: declared.refersTo };
      const beside = objects.find(({ kind, name }) => kind === 'provider' && name === declared.refersTo);
      const provider =
        beside === undefined || memberFaults('provider', { ...beside.members, name: beside.name }).length > 0
          ? null
          : soundMembers<WrittenProvider>({ ...beside.members, name: beside.name });
      const identity = soundMembers<WrittenIdentity>(written);
      const faults = identityFaults(identity, provider);
      for (const { path, detail } of faults) report([...place, ...path], detail);
      if (faults.length === 0 && provider !== null)
        for (const { detail } of identityWarnings(identity, provider)) warnings.push({ place, detail });
    }
  }
  return warnings;
}
