// The syntax of scope and its narrowing, by example.

import { describe, expect, it } from 'vitest';

import { isScopeToken, narrowScope, parseScope } from '../../src/rules/scope.ts';

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
});
