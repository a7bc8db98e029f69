// Matchers over claims: every one with a value that satisfies it and one that does not, and what is refused when written.

import { describe, expect, it } from 'vitest';

import { claimReferenceFault, compileCondition, validateConditions } from '../../src/rules/conditions.ts';
import { readClaim } from '../../src/token/json.ts';
import type { JsonObject, JsonValue } from '../../src/token/json.ts';
import type { ConditionMatcher } from '../../src/objects/conditions.ts';

function matches(value: JsonValue | undefined, matcher: unknown): boolean {
  return compileCondition(matcher as ConditionMatcher)(value);
}

describe('compileCondition (contract §5.3)', () => {
  it.each<[unknown, JsonValue, boolean]>([
    ['main', 'main', true],
    ['main', 'Main', false],
    ['main', 'main ', false],
    ['main', 'main-evil', false],
    ['', '', true],
    [true, true, true],
    [true, 'true', true],
    ['true', true, true],
    [true, 'True', false],
    [true, 1, false],
    [false, '', false],
    [false, 0, false],
    [42, 42, true],
    [42, '42', true],
    ['42', 42, true],
    [42, '042', false],
    [42, '42.0', false],
    [1.5, '1.5', true],
    ['9007199254740993', '9007199254740993', true],
    ['9007199254740993', '9007199254740992', false],
    ['9007199254740992', 9007199254740992, false],
    ['9007199254740993', 9007199254740992, false],
    ['main', ['dev', 'main'], true],
    ['main', ['dev'], false],
    ['main', [], false],
    ['main', [['main']], false],
    ['main', { main: 'main' }, false],
    ['null', null, false],
    ['', null, false],
    ['[object Object]', {}, false],
    ['main|develop', 'main', false],
    ['*', 'main', false],
  ])('scalar %j against claim %j is %s', (matcher, value, expected) => {
    expect(matches(value, matcher)).toBe(expected);
    expect(matches(value, [matcher])).toBe(expected);
    expect(matches(value, { anyOf: [matcher, 'another'] })).toBe(expected);
  });

  it.each<[unknown, JsonValue, boolean]>([
    [{ glob: 'v*' }, 'v1', true],
    [{ glob: 'v*' }, 'v1/x', false],
    [{ glob: 'v**' }, 'v1/x', true],
    [{ glob: 'v*' }, ['x', 'v2'], true],
    [{ glob: '4*' }, 42, true],
    [{ glob: '*' }, null, false],
    [{ glob: '**' }, {}, false],
    [{ glob: '(a|b)*' }, 'a', false],
    [{ allOf: ['a', 'b'] }, ['a'], true],
    [{ allOf: ['a', 'b'] }, ['a', 'b', 'a'], true],
    [{ allOf: ['a', 'b'] }, ['a', 'c'], false],
    [{ allOf: ['a', 'b'] }, [], false],
    [{ allOf: ['a'] }, ['a', null], false],
    [{ allOf: ['a'] }, 'a', true],
    [{ allOf: ['a'] }, { 0: 'a' }, false],
    [{ containsAll: ['a', 'b'] }, ['b', 'c', 'a'], true],
    [{ containsAll: ['a', 'b'] }, ['a'], false],
    [{ containsAll: ['a'] }, 'a', true],
    [{ containsAll: [1] }, ['1'], true],
    [{ not: 'a' }, 'b', true],
    [{ not: 'a' }, 'a', false],
    [{ not: ['a', 'b'] }, 'b', false],
    [{ not: ['a', 'b'] }, 'c', true],
    [{ not: 'a' }, ['b', 'a'], false],
    [{ not: 'a' }, ['b'], true],
    [{ not: true }, 'true', false],
    [{ not: '9007199254740993' }, 9007199254740992, false],
    [{ not: 'a' }, { a: 1 }, false],
    [{ not: 'a' }, [{ a: 1 }], false],
    [{ not: 'a' }, null, false],
    [{ exists: true }, '', true],
    [{ exists: true }, {}, true],
    [{ exists: true }, null, false],
    [{ exists: false }, 'a', false],
    [{ exists: false }, null, true],
  ])('%j against claim %j is %s', (matcher, value, expected) => {
    expect(matches(value, matcher)).toBe(expected);
  });

  it.each([
    'a',
    '',
    'undefined',
    true,
    false,
    0,
    ['a'],
    { glob: '**' },
    { anyOf: ['a'] },
    { allOf: ['a'] },
    { containsAll: ['a'] },
    { not: 'a' },
    { not: ['a'] },
    { exists: true },
  ])('never lets an absent claim satisfy %j', (matcher) => {
    expect(matches(undefined, matcher)).toBe(false);
  });

  it('lets only exists: false ask for an absent claim', () => {
    expect(matches(undefined, { exists: false })).toBe(true);
  });

  it('reads a top-level name whole and a JSON Pointer by members, own ones only (RFC 6901)', () => {
    const claims: JsonObject = {
      'kubernetes.io': { namespace: 'prod', 'a/b~c': 'x' },
      '/odd': 'y',
      list: ['a', 'b'],
    };
    expect(matches(readClaim(claims, '/kubernetes.io/namespace'), 'prod')).toBe(true);
    expect(matches(readClaim(claims, '/kubernetes.io/a~1b~0c'), 'x')).toBe(true);
    expect(matches(readClaim(claims, '/~1odd'), 'y')).toBe(true);
    expect(matches(readClaim(claims, '/list/1'), 'b')).toBe(true);
    expect(matches(readClaim(claims, 'kubernetes.io.namespace'), 'prod')).toBe(false);
    for (const inherited of [
      'constructor',
      '__proto__',
      'toString',
      '/list/length',
      '/kubernetes.io/constructor/name',
    ]) {
      expect(matches(readClaim(claims, inherited), { exists: true })).toBe(false);
      expect(matches(readClaim(claims, inherited), { not: 'x' })).toBe(false);
    }
  });
});

describe('validateConditions (contract §5.3)', () => {
  it('accepts none, and one of each kind', () => {
    expect(validateConditions(null)).toEqual([]);
    expect(validateConditions({})).toEqual([]);
    expect(
      validateConditions({
        a: 'x',
        b: 1,
        c: true,
        d: ['x', 1, false],
        e: { glob: 'v*' },
        f: { anyOf: ['x'] },
        g: { allOf: ['x'] },
        h: { containsAll: ['x'] },
        i: { not: 'x' },
        j: { not: ['x'] },
        k: { exists: false },
        '/kubernetes.io/a~1b': 'x',
        'https://aws.amazon.com/tags': 'x',
      }),
    ).toEqual([]);
  });

  it.each<[unknown, string, RegExp]>([
    ['x', '', /object/],
    [[], '', /object/],
    [Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`c${index}`, 'x'])), '', /at most 50/],
    [{ a: null }, '/a', /string, a number/],
    [{ a: [] }, '/a', /must not be empty/],
    [{ a: ['x', null] }, '/a/1', /string, a number/],
    [{ a: [['x']] }, '/a/0', /string, a number/],
    [{ a: {} }, '/a', /exactly one member/],
    [{ a: { matches: 'x' } }, '/a', /exactly one member, one of glob/],
    [{ a: { glob: 'x', not: 'y' } }, '/a', /exactly one member/],
    [{ a: { anyOf: [] } }, '/a/anyOf', /must not be empty/],
    [{ a: { anyOf: 'x' } }, '/a/anyOf', /list/],
    [{ a: { allOf: [] } }, '/a/allOf', /must not be empty/],
    [{ a: { containsAll: [] } }, '/a/containsAll', /must not be empty/],
    [{ a: { not: [] } }, '/a/not', /must not be empty/],
    [{ a: { not: { glob: 'x' } } }, '/a/not', /string, a number/],
    [{ a: { glob: '' } }, '/a/glob', /not empty/],
    [{ a: { glob: 5 } }, '/a/glob', /must be a string/],
    [{ a: { glob: 1 } }, '/a/glob', /pattern/],
    [{ a: { glob: 'x'.repeat(513) } }, '/a/glob', /at most 512/],
    [{ a: { exists: 'true' } }, '/a/exists', /true or false/],
    [{ a: Number('9007199254740993') }, '/a', /write it as a string/],
    [{ a: { anyOf: [1e300] } }, '/a/anyOf/0', /write it as a string/],
    [{ a: 'x'.repeat(1_025) }, '/a', /at most 1024/],
    [{ a: Array(101).fill('x') }, '/a', /at most 100/],
    [{ '': 'x' }, '/', /must name a claim/],
    [{ '/a~2b': 'x' }, '/~1a~02b', /JSON Pointer/],
    [{ ['x'.repeat(257)]: 'x' }, `/${'x'.repeat(257)}`, /at most 256/],
  ])('refuses %j at %s', (value, pointer, detail) => {
    const [fault, ...others] = validateConditions(value);
    expect(others).toEqual([]);
    expect(fault).toEqual({ pointer, detail: expect.stringMatching(detail) as string });
  });

  it('names every fault', () => {
    expect(validateConditions({ a: [], b: {}, c: 'x' }).map(({ pointer }) => pointer)).toEqual(['/a', '/b']);
  });
});

describe('claimReferenceFault (RFC 6901 §3)', () => {
  it.each(['sub', 'kubernetes.io', 'a~b', '/', '/a/b', '/a~0b~1c', 'oidc.circleci.com/org-id'])(
    'accepts %j',
    (reference) => {
      expect(claimReferenceFault(reference)).toBeNull();
    },
  );

  it.each(['', '/a~', '/a~2', '/~x'])('refuses %j', (reference) => {
    expect(claimReferenceFault(reference)).not.toBeNull();
  });
});
