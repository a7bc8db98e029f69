// The values that objects share: names, slugs, times, identifiers (contract §5).

import { describe, expect, it } from 'vitest';

import { named } from '../../src/objects/definition.ts';
import { identifier } from '../../src/objects/rule.ts';
import { faultsOf } from '../../src/objects/judge.ts';
import { isIdentifier, parseTimestamp } from '../../src/objects/values.ts';
import { slugOf } from '../../src/objects/slug.ts';

describe('times', () => {
  it.each([
    ['2027-01-15T08:00:00Z', 1_800_000_000],
    ['2027-01-15T09:00:00+01:00', 1_800_000_000],
    ['2027-01-15t08:00:00.999999999z', 1_800_000_000],
    ['2024-02-29T00:00:00Z', 1_709_164_800],
  ])('reads %s (RFC 3339 §5.6)', (text, seconds) => {
    expect(parseTimestamp(text)).toBe(seconds);
  });

  it.each([
    '2027-01-15',
    '2027-01-15T08:00:00',
    '2027-01-15T08:00Z',
    '2027-01-15 08:00:00Z',
    '2027-02-29T00:00:00Z',
    '2027-13-01T00:00:00Z',
    '2027-01-15T25:00:00Z',
    '2027-01-15T08:00:00+25:00',
    '1800000000',
    'tomorrow',
    '',
  ])('refuses %j (RFC 3339 §5.6)', (text) => {
    expect(parseTimestamp(text)).toBeNull();
  });
});

describe('slugs', () => {
  it.each([
    ['Deployer', 'deployer'],
    ['  Ünïted / Déploy #1 ', 'united-deploy-1'],
    ['漢字', ''],
    ['--', ''],
  ])('makes of %j the slug %j (contract §5.2)', (name, made) => {
    expect(slugOf(name)).toBe(made);
  });
});

describe('names', () => {
  it.each(['a', 'A b', '部署', 'o’neil', '</script>', 'x'.repeat(128)])('accepts %j (contract §5)', (name) => {
    expect(faultsOf(named.name.is, name)).toEqual([]);
  });

  it.each(['', ' a', 'a ', 'a\nb', 'a\r\nb', '\u001b[31m', 'a\u202eb', 'a\u2028b', 'a\u007fb', 'x'.repeat(129)])(
    'refuses %j (contract §5)',
    (name) => {
      expect(faultsOf(named.name.is, name)).not.toEqual([]);
    },
  );
});

describe('identifiers', () => {
  it('accepts a TypeID of its own prefix only (contract §1)', () => {
    const id = 'sa_01h455vb4pex5vsknk084sn02q';
    expect(isIdentifier('sa', id)).toBe(true);
    expect(faultsOf(identifier('sa'), id)).toEqual([]);
    for (const wrong of [
      id.toUpperCase(),
      `${id}0`,
      id.slice(0, -1),
      id.replace('sa_', 'fid_'),
      'sa_81h455vb4pex5vsknk084sn02q',
      `${id}\n`,
      'sa_',
    ]) {
      expect(isIdentifier('sa', wrong)).toBe(false);
    }
  });
});
