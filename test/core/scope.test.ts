// The syntax of scope and that narrowing never widens.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { isScopeToken, narrowScope, parseScope } from '../../src/core/scope.ts';

describe('parseScope (RFC 6749 §3.3)', () => {
  it('reads single spaces and counts what is named twice once', () => {
    expect(parseScope('api:read')).toEqual(['api:read']);
    expect(parseScope('b a b !')).toEqual(['b', 'a', '!']);
  });

  it.each([
    '',
    ' ',
    ' a',
    'a ',
    'a  b',
    'a\tb',
    'a\nb',
    'a\n',
    'a"b',
    'a\\b',
    'caf\u00E9',
    'a\u00A0b',
    'a\u0000',
    'a\u007F',
  ])('refuses %j', (text) => {
    expect(parseScope(text)).toBeNull();
  });

  it('knows one scope from several', () => {
    expect(isScopeToken('api:read')).toBe(true);
    expect(isScopeToken('api:read api:write')).toBe(false);
    expect(isScopeToken('')).toBe(false);
  });
});

describe('narrowScope (contract §3)', () => {
  it('gives all that is allowed where nothing was requested', () => {
    expect(narrowScope(null, ['a', 'b', 'a'])).toEqual({ ok: true, value: ['a', 'b'] });
  });

  it('gives what was requested and refuses the rest by name, byte for byte', () => {
    expect(narrowScope(['b'], ['a', 'b'])).toEqual({ ok: true, value: ['b'] });
    expect(narrowScope(['b', 'B', 'api:*'], ['a', 'b'])).toEqual({ ok: false, error: ['B', 'api:*'] });
    expect(narrowScope(['a'], [])).toEqual({ ok: false, error: ['a'] });
  });

  it('never gives a scope that is not allowed', () => {
    const scopes: fc.Arbitrary<string[]> = fc.array(fc.constantFrom('a', 'b', 'c', 'A', '*', ''), { maxLength: 5 });
    fc.assert(
      fc.property(fc.option(scopes), scopes, (requested, allowed) => {
        const narrowed = narrowScope(requested, allowed);
        if (narrowed.ok) expect(narrowed.value.every((scope) => allowed.includes(scope))).toBe(true);
        else expect(requested?.every((scope) => allowed.includes(scope))).toBe(false);
      }),
    );
  });
});
