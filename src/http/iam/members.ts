// Reads the members of a body by an object's definition: every fault at once, each at its place; values are not judged beyond their rule.

import { isWritable } from '../../objects/definition.ts';
import type { InputOf, Join, Member, Members } from '../../objects/definition.ts';
import { faultsOf, withDefaults } from '../../objects/judge.ts';
import { defaultOf } from '../../objects/records.ts';
import { isJsonObject } from '../../token/json.ts';
import type { JsonObject } from '../../token/json.ts';
import type { MemberFault } from '../problem.ts';
import { fault } from './faults.ts';

/** What a body says: the values that could be read, and the faults of the others. */
export interface Draft<T> {
  readonly values: T;
  readonly faults: readonly MemberFault[];
  /** True if a member has no fault of its own, so that rules about it can be checked. */
  readonly isSound: (member: keyof T & string) => boolean;
}

/** What a body is read by. */
export interface Readable {
  readonly members: Members;
  readonly joins?: Readonly<Record<string, Join>>;
  readonly warns?: true;
}

/**
 * Reads a body. `current` is the object as it was answered, for an update, or null for a creation.
 * An update may repeat read-only and immutable members with the value they have, since clients send back what they read; null
 * makes anew what the service made of other members.
 */
export function readMembers<const R extends Readable>(
  readable: R,
  body: JsonObject,
  current: JsonObject | null,
): Draft<InputOf<R['members']>> {
  const values: Record<string, unknown> = {};
  const faults: MemberFault[] = [];
  const faulty = new Set<string>();
  const remade: [string, Member][] = [];
  const report = (member: string, path: readonly (string | number)[], detail: string): void => {
    faulty.add(member);
    faults.push(fault([member, ...path], detail));
  };
  const writable = new Map(Object.entries(readable.members).filter(([, member]) => isWritable(member)));
  const readOnly = new Set(readOnlyNames(readable));
  // What was read at this version may be sent back whole, although some of it has changed since without a new version.
  const moving = new Set(movingNames(readable));
  const isReadBefore = current !== null && Object.hasOwn(body, 'objectVersion');

  for (const [name, value] of Object.entries(body)) {
    const member = writable.get(name);
    if (readOnly.has(name)) {
      // Go clients send the empty text of a member that they have no value for yet.
      const isAsItIs = current === null ? value === '' : sameJson(value, current[name]);
      if (!isAsItIs && !(isReadBefore && moving.has(name))) report(name, [], 'is read-only');
    } else if (member === undefined) {
      report(name, [], `is not a member; the members are ${[...writable.keys()].join(', ')}`);
    } else if (value === null) {
      if (member.null === 'clears' && current !== null) values[name] = null;
      else if (typeof member.default === 'function' && current !== null) remade.push([name, member]);
      else if (member.null === undefined) report(name, [], 'must not be null');
    } else if (current === null && value === '' && isDerived(member)) {
      // Go clients send the empty text for a name that they leave to the service.
    } else if (current !== null && member.immutable !== undefined) {
      if (!sameJson(value, current[name])) {
        const instead = member.immutable === true ? 'create another object instead' : member.immutable;
        report(name, [], `cannot be changed; ${instead}`);
      }
    } else {
      const found = faultsOf(member.is, value);
      if (found.length === 0) values[name] = withDefaults(member.is, value);
      for (const { path, detail } of found) report(name, path, detail);
    }
  }
  // Made of the members as they will be; a name that is made of nothing stays.
  for (const [name, member] of remade) {
    values[name] = defaultOf(member, { ...current, ...values }, String(current?.[name]));
  }
  if (current === null) {
    for (const [name, { required }] of writable) {
      if (required === true && values[name] === undefined && !faulty.has(name)) report(name, [], 'is required');
    }
  }
  return { values: values as InputOf<R['members']>, faults, isSound: (member) => !faulty.has(member) };
}

/** True for a text that is made of something else if it is absent, such as a name. */
function isDerived({ is, default: given }: Member): boolean {
  return is.kind === 'text' && typeof given === 'function';
}

/** What an answer has and nobody writes. */
function readOnlyNames({ members, joins, warns }: Readable): readonly string[] {
  if (joins === undefined) return [];
  const own = Object.entries(members).filter(([, { readOnly }]) => readOnly === true);
  const joined = Object.entries(joins).filter(([, { answers }]) => answers.length > 0);
  return [
    'identity',
    'createdAt',
    'updatedAt',
    'objectVersion',
    ...own.map(([name]) => name),
    ...joined.flatMap(([name, { alsoAs = [] }]) => [name, ...alsoAs]),
    ...(warns === true ? ['warnings'] : []),
  ];
}

/** What an answer has that changes without a change of the object: when it was used, and what others are called. */
function movingNames({ members, joins = {} }: Readable): readonly string[] {
  const used = Object.entries(members).filter(([, { readOnly, immutable }]) => readOnly && immutable === undefined);
  const joined = Object.entries(joins).flatMap(([name, { alsoAs = [] }]) => [name, ...alsoAs]);
  return ['updatedAt', 'warnings', ...used.map(([name]) => name), ...joined];
}

/** Compares JSON values; the order of an object's members does not matter. */
export function sameJson(left: unknown, right: unknown): boolean {
  if (Array.isArray(left)) {
    return (
      Array.isArray(right) && left.length === right.length && left.every((item, index) => sameJson(item, right[index]))
    );
  }
  if (isJsonObject(left)) {
    const names = Object.keys(left);
    return (
      isJsonObject(right) &&
      names.length === Object.keys(right).length &&
      names.every((name) => Object.hasOwn(right, name) && sameJson(left[name], right[name]))
    );
  }
  return left === right;
}
