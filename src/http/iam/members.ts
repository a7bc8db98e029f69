// Reads the members of a body by an object's contract: every fault at once, each at its place; values are not judged beyond their schema.

import type { ObjectContract } from '../../objects/object.ts';
import { isJsonObject } from '../../token/json.ts';
import type { JsonObject } from '../../token/json.ts';
import type { Fault } from '../problem.ts';
import { fault, shown } from './faults.ts';

/** What a body says: the values that could be read, and the faults of the others. */
export interface Draft<T> {
  readonly values: T;
  readonly faults: Fault[];
  /** True where a member has no fault of its own, so that rules about it can be checked. */
  readonly isSound: (member: keyof T & string) => boolean;
}

/**
 * Reads a body. `current` is the object as it was answered, for an update, or null for a creation.
 * An update may repeat read-only and immutable members with the value they have, since clients send back what they read.
 */
export function readMembers<T extends object>(
  contract: ObjectContract<T>,
  body: JsonObject,
  current: JsonObject | null,
): Draft<T> {
  const values: Partial<Record<keyof T, unknown>> = {};
  const faults: Fault[] = [];
  const faulty = new Set<string>();
  const report = (member: string, path: readonly (string | number)[], detail: string): void => {
    faulty.add(member);
    faults.push(fault([member, ...path], detail));
  };
  const isOf = (names: readonly string[], member: string): boolean => names.includes(member);

  for (const [member, value] of Object.entries(body)) {
    if (isOf(contract.readOnly, member)) {
      // Go clients send the empty text of a member that they have no value for yet.
      const isAsItIs = current === null ? value === '' : sameJson(value, current[member]);
      if (!isAsItIs) report(member, [], 'is read-only');
    } else if (!isWritable(contract, member)) {
      report(member, [], `is not a member; the members are ${Object.keys(contract.members).join(', ')}`);
    } else if (value === null) {
      const clears = isOf(contract.nullClears, member);
      if (clears && current !== null) values[member] = null;
      else if (!clears && !isOf(contract.nullIsAbsent, member)) report(member, [], 'must not be null');
    } else if (current !== null && isOf(contract.immutable, member)) {
      if (!sameJson(value, current[member])) {
        report(member, [], `cannot be changed; ${contract.elsewhere?.[member] ?? 'create another object instead'}`);
      }
    } else {
      const parsed = contract.members[member].safeParse(value);
      if (parsed.success) values[member] = parsed.data;
      else for (const issue of parsed.error.issues) report(member, issue.path.map(pathPart), issue.message);
    }
  }
  if (current === null) {
    for (const member of contract.required) {
      if (values[member] === undefined && !faulty.has(member)) report(member, [], 'is required');
    }
  }
  return { values: values as T, faults, isSound: (member) => !faulty.has(member) };
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

function isWritable<T extends object>(contract: ObjectContract<T>, member: string): member is keyof T & string {
  return Object.hasOwn(contract.members, member);
}

function pathPart(part: PropertyKey): string | number {
  return typeof part === 'symbol' ? shown(String(part)) : part;
}
