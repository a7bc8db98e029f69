// The two ways to write a lifetime, and that a cap always holds.

import { describe, expect, it } from 'vitest';

import { capLifetime, parseLifetime } from '../../src/rules/lifetime.ts';

describe('parseLifetime (contract §3)', () => {
  it.each([
    ['7200', 7_200],
    ['1', 1],
    ['39600s', 39_600],
    ['1h', 3_600],
    ['1h30m', 5_400],
    ['1h30m10s', 5_410],
    ['1.5h', 5_400],
    ['.5h', 1_800],
    ['1.h', 3_600],
    ['30m1h', 5_400],
    ['+90s', 90],
    ['1500ms', 1],
    ['90s999ms', 90],
    ['2000000us', 2],
    ['2000000\u00B5s', 2],
    ['2000000\u03BCs', 2],
    ['3000000000ns', 3],
    ['0.1s0.9s', 1],
    ['99999999999999999999', Number.MAX_SAFE_INTEGER],
  ])('reads %j as %d seconds', (text, seconds) => {
    expect(parseLifetime(text)).toBe(seconds);
  });

  it.each([
    '',
    '0',
    '0s',
    '999ms',
    '-1',
    '-1h',
    '1e9',
    '1e3s',
    '1.5',
    '7200.0',
    '+7200',
    ' 7200',
    '7200 ',
    '7200\n',
    '1 h',
    '1H',
    '1d',
    '1w',
    'h',
    '.s',
    '.',
    's',
    '1h30',
    '1h-30m',
    '0x10',
    '1_000',
    '\u0661\u0662\u0660',
    'NaN',
    'Infinity',
    'banana',
    'PT1H',
    '2562048h',
    '1h'.repeat(40),
    '9'.repeat(65),
  ])('refuses %j', (text) => {
    expect(parseLifetime(text)).toBeNull();
  });
});

describe('capLifetime (contract §3)', () => {
  const identity = { tokenLifetime: 600, maxTokenLifetime: 1_200 };

  it.each([
    [null, 600],
    [60, 60],
    [1_200, 1_200],
    [1_201, 1_200],
    [Number.MAX_SAFE_INTEGER, 1_200],
  ])('gives %j as %d seconds', (requested, seconds) => {
    expect(capLifetime(requested, identity)).toBe(seconds);
  });

  it('holds the cap over a default above it, and the service limit over both', () => {
    expect(capLifetime(null, { tokenLifetime: 3_600, maxTokenLifetime: 300 })).toBe(300);
    expect(capLifetime(null, { tokenLifetime: 1e9, maxTokenLifetime: 1e9 })).toBe(86_400);
  });
});
