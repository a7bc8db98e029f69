// Conditions mean what the contract says of each matcher, on any claim, and nothing that is absent ever satisfies one (contract §5.3).

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { compileCondition, validateConditions } from '../../src/rules/conditions.ts';
import { readClaim } from '../../src/token/json.ts';
import type { JsonObject, JsonValue } from '../../src/token/json.ts';
import type { ConditionMatcher, ConditionScalar } from '../../src/objects/conditions.ts';
import { holds } from '../support/runs.ts';
import { naiveGlob } from './naive-glob.ts';

/** Scalars that are equal to one another across types, and that only look so. */
const scalar: fc.Arbitrary<ConditionScalar> = fc.oneof(
  fc.constantFrom<ConditionScalar>(
    'main',
    'Main',
    'main ',
    '',
    'true',
    'false',
    '42',
    '042',
    '42.0',
    '-0',
    '0',
    'null',
    'a:b',
    'a',
  ),
  fc.constantFrom<ConditionScalar>(true, false, 42, 0, -0, 1.5, -1, 9_007_199_254_740_991),
);
const rounded = fc.constantFrom<JsonValue>(9_007_199_254_740_992, -1e300, '9007199254740993');
const single = fc.oneof(
  { weight: 6, arbitrary: scalar },
  { weight: 1, arbitrary: rounded },
  { weight: 1, arbitrary: fc.constantFrom<JsonValue>(null, [], {}, ['main'], { main: 'main' }) },
);
const claim: fc.Arbitrary<JsonValue | undefined> = fc.oneof(
  { weight: 4, arbitrary: single },
  { weight: 4, arbitrary: fc.array(single, { maxLength: 4 }) },
  { weight: 1, arbitrary: fc.constant(undefined) },
);
const list = fc.array(scalar, { minLength: 1, maxLength: 3 });
const pattern = fc.string({ unit: fc.constantFrom('m', 'a', ':', '4', '2', '*', '**'), minLength: 1, maxLength: 5 });
const matcher: fc.Arbitrary<ConditionMatcher> = fc.oneof(
  scalar,
  list,
  pattern.map((glob) => ({ glob })),
  list.map((anyOf) => ({ anyOf })),
  list.map((allOf) => ({ allOf })),
  list.map((containsAll) => ({ containsAll })),
  fc.oneof(scalar, list).map((not) => ({ not })),
  fc.boolean().map((exists) => ({ exists })),
);

/** What a scalar is compared as; a box, so that nothing is equal to what cannot be compared. */
function texts(value: JsonValue): readonly string[] {
  if (typeof value === 'string' || typeof value === 'boolean') return [String(value)];
  return typeof value === 'number' && Math.abs(value) <= 2 ** 53 - 1 ? [String(value)] : [];
}

/** The contract's sentence about each matcher. */
function naively(how: ConditionMatcher, value: JsonValue | undefined): boolean {
  if (typeof how === 'object' && 'exists' in how) return (value !== undefined && value !== null) === how.exists;
  if (value === undefined || value === null) return false;
  const elements: readonly JsonValue[] = Array.isArray(value) ? (value as readonly JsonValue[]) : [value];
  const equals = (element: JsonValue, listed: ConditionScalar): boolean => texts(element).includes(String(listed));
  const isOneOf = (element: JsonValue, listed: readonly ConditionScalar[]): boolean =>
    listed.some((one) => equals(element, one));
  if (typeof how !== 'object') return elements.some((element) => equals(element, how));
  if (Array.isArray(how)) return elements.some((element) => isOneOf(element, how as readonly ConditionScalar[]));
  if ('glob' in how) return elements.some((element) => texts(element).some((text) => naiveGlob(how.glob, text)));
  if ('anyOf' in how) return elements.some((element) => isOneOf(element, how.anyOf));
  if ('allOf' in how) return elements.length > 0 && elements.every((element) => isOneOf(element, how.allOf));
  if ('containsAll' in how) return how.containsAll.every((one) => elements.some((element) => equals(element, one)));
  if (!('not' in how)) return false;
  const excluded = (Array.isArray(how.not) ? how.not : [how.not]) as readonly ConditionScalar[];
  return elements.every((element) => texts(element).length > 0 && !isOneOf(element, excluded));
}

describe('a condition', () => {
  it('decides as the contract says of its matcher, on any claim (contract §5.3)', async () => {
    let matched = 0;
    await holds(
      fc.property(matcher, claim, (how, value) => {
        const claims = value === undefined ? {} : { claim: value };
        const expected = naively(how, value);
        matched += expected ? 1 : 0;
        expect(validateConditions({ claim: how })).toEqual([]);
        expect(compileCondition(how)(readClaim(claims, 'claim'))).toBe(expected);
      }),
      { usually: 1_000 },
    );
    expect(matched).toBeGreaterThan(50);
  });

  it('is satisfied by nothing that is absent or null, but by asking for just that (contract §5.3)', async () => {
    await holds(
      fc.property(
        matcher,
        fc.constantFrom<JsonObject>({}, { claim: null }, { CLAIM: 'main' }, { 'claim ': 42 }),
        (how, claims) => {
          const asksForAbsence = typeof how === 'object' && 'exists' in how && !how.exists;
          expect(compileCondition(how)(readClaim(claims, 'claim'))).toBe(asksForAbsence);
        },
      ),
    );
  });

  it('matches nothing by a matcher that would be refused when written (contract §5.3)', async () => {
    const anyMatcher = fc.oneof(
      fc.anything({ maxDepth: 2 }),
      fc.dictionary(fc.constantFrom('glob', 'anyOf', 'not', 'exists', 'x'), fc.anything({ maxDepth: 1 }), {
        maxKeys: 2,
      }),
    );
    await holds(
      fc.property(
        anyMatcher,
        fc.oneof(claim, fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<JsonValue>),
        (how, value) => {
          if (validateConditions({ claim: how }).length === 0) return;
          expect(compileCondition(how as ConditionMatcher)(value)).toBe(false);
          expect(compileCondition(how as ConditionMatcher)(undefined)).toBe(false);
        },
      ),
      { usually: 500 },
    );
  });
});

describe('a reference to a claim', () => {
  const NAMES = ['a', 'b', 'a.b', 'a/b', 'a~b', '~1', '', '0', 'length', '__proto__', 'constructor', 'toString'];
  const name = fc.constantFrom(...NAMES);
  const { value } = fc.letrec<{ value: JsonValue }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom<JsonValue>('x', 1, null, true),
      fc.array(tie('value'), { maxLength: 2 }),
      fc.array(fc.tuple(name, tie('value')), { maxLength: 3 }).map((members) => Object.fromEntries(members)),
    ),
  }));
  const claims = fc
    .array(fc.tuple(name, value), { maxLength: 4 })
    .map((members): JsonObject => Object.fromEntries(members));

  /** RFC 6901 §4 by own members, one step at a time. */
  function walk(from: JsonValue, [step, ...steps]: readonly string[]): JsonValue | undefined {
    if (step === undefined) return from;
    if (typeof from !== 'object' || from === null) return undefined;
    const isList = Array.isArray(from);
    const found = Object.entries(from).find(([own]) => own === step);
    return found === undefined || (isList && !/^\d+$/.test(step)) ? undefined : walk(found[1], steps);
  }

  it('finds own members only, a whole name or a JSON Pointer step by step (RFC 6901)', async () => {
    const path = fc.array(name, { minLength: 1, maxLength: 3 });
    await holds(
      fc.property(claims, path, name, (of, steps, whole) => {
        const pointer = steps.map((step) => `/${step.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
        expect(readClaim(of, pointer)).toEqual(walk(of, steps));
        if (!whole.startsWith('/')) expect(readClaim(of, whole)).toEqual(walk(of, [whole]));
      }),
      { usually: 1_000 },
    );
  });
});
