// The pattern language of rules by example, and its time bound.

import { describe, expect, it } from 'vitest';

import { compileGlob } from '../../src/rules/glob.ts';

describe('compileGlob (contract §5.3)', () => {
  it.each([
    ['a', 'a', true],
    ['a', 'ab', false],
    ['a', 'ba', false],
    ['', '', true],
    ['*', '', true],
    ['*', 'main', true],
    ['*', 'a/b', false],
    ['*', 'a:b', false],
    ['**', 'a/b:c', true],
    ['***', 'a/b:c', true],
    ['a:*', 'a:', true],
    ['a:*:c', 'a:b:c', true],
    ['a:*:c', 'a:b:b:c', false],
    ['a:**:c', 'a:b:b:c', true],
    ['v*.*', 'v1.2', true],
    ['v*.*', 'v1', false],
    ['*ab', 'aab', true],
    ['**ab**ab', 'xab/ab', true],
    ['**ab**ab', 'xab', false],
    ['x**y*z', 'x/yy/yz', true],
  ])('reads %j against %j as %s', (pattern, text, matches) => {
    expect(compileGlob(pattern)(text)).toBe(matches);
  });

  it.each(['main|develop', '(a+)+$', '[a-z]', '{a,b}', '!x', '?', '.', '\\d', '^a$', '%3A', '\n'])(
    'takes %j literally',
    (pattern) => {
      expect(compileGlob(pattern)(pattern)).toBe(true);
      expect(compileGlob(pattern)('a')).toBe(false);
      expect(compileGlob(`x${pattern}*`)(`x${pattern}y`)).toBe(true);
    },
  );

  it('does not read a percent-encoded separator as one, nor a separator as its encoding', () => {
    expect(compileGlob('a:*')('a:b%3Ac')).toBe(true);
    expect(compileGlob('a%3Ab')('a:b')).toBe(false);
  });

  it('compares byte for byte: composed, full-width and look-alike characters differ', () => {
    expect(compileGlob('caf\u00E9*')('cafe\u0301')).toBe(false);
    expect(compileGlob('main*')('ma\u0456n')).toBe(false);
    expect(compileGlob('main*')('\uFF4Dain')).toBe(false);
    expect(compileGlob('a\u{1F600}*')('a\u{1F600}b')).toBe(true);
  });

  it('keeps states apart across more than one machine word', () => {
    const long = 'ab:'.repeat(150);
    expect(compileGlob(`${long}*x`)(`${long}yyx`)).toBe(true);
    expect(compileGlob(`**${long}*x`)(`zz/${long}yyx`)).toBe(true);
    expect(compileGlob(`**${long}*x`)(`zz/${long}y/x`)).toBe(false);
    for (const size of [31, 32, 33, 63, 64, 65]) {
      const literal = 'a'.repeat(size);
      expect(compileGlob(`*${literal}`)(`b${literal}`)).toBe(true);
      expect(compileGlob(`*${literal}`)(`b${literal.slice(1)}`)).toBe(false);
    }
  });

  it.each([
    ['a hundred single wildcards', `x:y:${'a*'.repeat(100)}b`, `x:y:${'a'.repeat(16_380)}`],
    ['a hundred double wildcards', `x:y:${'a**'.repeat(100)}b`, `x:y:${'a'.repeat(16_380)}`],
    ['both kinds by turns', `x:y:${'**a*a'.repeat(50)}b`, `x:y:${'aa/'.repeat(5_460)}`],
    ['one of each, and a tail that never comes', 'x:y:**a*b', `x:y:${'a'.repeat(16_380)}`],
  ])('stays fast with %s against 16 KiB', (_what, pattern, text) => {
    const matches = compileGlob(pattern);
    matches(text);
    const started = performance.now();
    expect(matches(text)).toBe(false);
    // About a millisecond; the bound is wide because the machine is shared, and a backtracking matcher needs minutes.
    expect(performance.now() - started).toBeLessThan(100);
  });
});
