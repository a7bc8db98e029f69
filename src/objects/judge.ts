// Judges a written value by its rule: every fault, each at its place and in words that say what the value must be.

import { isJsonObject } from '../token/json.ts';
import type { Member, Members } from './definition.ts';
import { MAX_MAP_ENTRIES, MAX_MAP_KEY_CHARS } from './limits.ts';
import { line } from './rule.ts';
import type { ListRule, MapRule, NestedRule, Rule, TextRule } from './rule.ts';
import { isIdentifier, parseTimestamp } from './values.ts';

/** What is wrong with a part of a value. */
export interface ValueFault {
  /** Member names and places in lists that lead from the value to the part. */
  readonly path: readonly (string | number)[];
  readonly detail: string;
}
type Faults = readonly ValueFault[];

const NO_TEXT = 'must be a string';
const MAP_KEY = line(1, MAX_MAP_KEY_CHARS);

/** Every fault of a value, in the order of its parts; empty if the rule takes it. */
export function faultsOf(rule: Rule, value: unknown): Faults {
  switch (rule.kind) {
    case 'text':
      return textFaults(rule, value).map((detail) => ({ path: [], detail }));
    case 'oneOf':
      return unless(
        rule.values.some((one) => one === value),
        `must be one of ${rule.values.join(', ')}`,
      );
    case 'number': {
      const { min, max } = rule;
      const isInRange = Number.isSafeInteger(value) && Number(value) >= min && Number(value) <= (max ?? Infinity);
      return unless(
        isInRange,
        `must be a whole number ${max === undefined ? `of at least ${min}` : `from ${min} to ${max}`}`,
      );
    }
    case 'flag':
      return unless(typeof value === 'boolean', 'must be true or false');
    case 'timestamp':
      if (typeof value !== 'string') return whole(NO_TEXT);
      return unless(parseTimestamp(value) !== null, 'must be a time as in RFC 3339, such as 2027-01-31T12:00:00Z');
    case 'identifier':
      if (typeof value !== 'string') return whole(NO_TEXT);
      return unless(isIdentifier(rule.prefix, value), `must be an identifier that starts with ${rule.prefix}_`);
    case 'map':
      return mapFaults(rule, value);
    case 'list':
      return listFaults(rule, value);
    case 'json':
      return unless(isJsonObject(value), rule.must);
    case 'shape':
      if (!isJsonObject(value)) return whole(rule.open?.must ?? 'must be an object');
      return Object.entries(rule.members).flatMap(([name, of]) => within(name, faultsOf(of, value[name])));
    case 'nullable':
      return value === null ? [] : faultsOf(rule.of, value);
    case 'oneOrMany':
      if (typeof value === 'string') return faultsOf(rule.of, value);
      return Array.isArray(value) ? listFaults({ kind: 'list', of: rule.of, max: rule.max }, value) : whole(rule.must);
    case 'nested':
      return nestedFaults(rule, value);
    case 'nothing':
      return whole(rule.must);
  }
}

/** A value that has no fault, with the defaults of what is left out of it; null and absent mean the same inside a value. */
export function withDefaults(rule: Rule, value: unknown): unknown {
  if (rule.kind === 'list' && Array.isArray(value)) return value.map((item: unknown) => withDefaults(rule.of, item));
  if (rule.kind !== 'nested' || !isJsonObject(value)) return value;
  return Object.fromEntries(
    membersOf(rule).map(([name, member]) => [
      name,
      (Object.hasOwn(value, name) ? value[name] : null) ?? member.default,
    ]),
  );
}

function textFaults({ min = 0, max = Infinity, pattern, faults = [] }: TextRule, value: unknown): readonly string[] {
  if (typeof value !== 'string') return [NO_TEXT];
  const found = faults.map((fault) => fault(value)).filter((detail) => detail !== null);
  if (pattern !== undefined && !pattern.regex.test(value)) found.unshift(pattern.detail);
  if (value.length > max) found.unshift(`must have at most ${max} characters`);
  if (value.length < min) found.unshift(min === 1 ? 'must not be empty' : `must have at least ${min} characters`);
  return found;
}

function mapFaults({ value: of }: MapRule, value: unknown): Faults {
  if (!isJsonObject(value)) return whole('must be a map of strings to strings');
  const entries = Object.entries(value);
  return [
    ...entries.flatMap(([name, text]) => within(name, faultsOf(of, text))),
    ...unless(entries.length <= MAX_MAP_ENTRIES, `must have at most ${MAX_MAP_ENTRIES} entries`),
    ...entries.flatMap(([name]) => {
      const [fault] = textFaults(MAP_KEY, name);
      return fault === undefined ? [] : [{ path: [name], detail: `the key ${fault}` }];
    }),
  ];
}

function listFaults({ of, max = Infinity, empty, must = 'must be a list' }: ListRule, value: unknown): Faults {
  if (!Array.isArray(value)) return whole(must);
  return [
    ...value.flatMap((item: unknown, index) => within(index, faultsOf(of, item))),
    ...unless(value.length <= max, `must have at most ${max} entries`),
    ...(empty === undefined ? [] : unless(value.length > 0, empty)),
  ];
}

function nestedFaults(rule: NestedRule, value: unknown): Faults {
  if (!isJsonObject(value)) return whole(rule.must);
  const members = membersOf(rule);
  return [
    ...members.flatMap(([name, { is, required }]) => {
      const written = Object.hasOwn(value, name) ? value[name] : undefined;
      if (written === undefined && required === true) return within(name, whole('is required'));
      return required !== true && (written ?? null) === null ? [] : within(name, faultsOf(is, written));
    }),
    ...unless(
      Object.keys(value).every((name) => members.some(([known]) => known === name)),
      rule.must,
    ),
  ];
}

function membersOf({ members }: NestedRule): readonly [string, Member][] {
  return Object.entries(members as Members);
}

function whole(detail: string): Faults {
  return [{ path: [], detail }];
}

function unless(isSound: boolean, detail: string): Faults {
  return isSound ? [] : whole(detail);
}

function within(part: string | number, faults: Faults): Faults {
  return faults.map(({ path, detail }) => ({ path: [part, ...path], detail }));
}
