// Holds SECURITY.md to the repository: each guarantee names tests that exist, each answer to an attack a place that does.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { namedTestFaults } from '../support/named-tests.ts';

const ROOT = join(import.meta.dirname, '../..');
const markdown = readFileSync(join(ROOT, 'SECURITY.md'), 'utf8');

/** The cells of the rows of the table under a heading, without its head. */
function rowsUnder(heading: string): readonly (readonly string[])[] {
  const section = markdown.split(/^## /m).find((one) => one.startsWith(`${heading}\n`)) ?? '';
  const lines = section.split('\n').filter((line) => line.startsWith('|'));
  return lines.slice(2).map((line) =>
    line
      .slice(1, -1)
      .split(' | ')
      .map((cell) => cell.trim()),
  );
}

describe('SECURITY.md', () => {
  const guarantees = rowsUnder('What is guaranteed');
  const attackers = rowsUnder('Who may attack, and what they get');

  it('names tests that exist for every guarantee', () => {
    expect(guarantees.length).toBeGreaterThanOrEqual(10);
    expect(guarantees.map(([number]) => Number(number))).toEqual(guarantees.map((_, index) => index + 1));
    const faults = guarantees.flatMap(([number, , tests = '']) =>
      namedTestFaults(tests, ROOT).map((fault) => `${number}: ${fault}`),
    );
    expect(faults).toEqual([]);
  });

  it('refers to guarantees that are there, and says what each attacker can do', () => {
    expect(attackers.length).toBeGreaterThanOrEqual(12);
    expect(attackers.filter(([who, can]) => !who || !can)).toEqual([]);
    const referred = attackers.flat().flatMap((cell) => [...cell.matchAll(/\((\d+)\)/g)].map(([, number]) => number));
    expect(referred.length).toBeGreaterThan(10);
    expect(referred.filter((number) => !guarantees.some(([one]) => one === number))).toEqual([]);
  });

  it('says where each attack is answered', () => {
    const places = rowsUnder('How attacks are answered').map(([, , where = '']) => where);
    expect(places.length).toBeGreaterThan(10);
    const missing = places.filter((where) => {
      const paths = [...where.matchAll(/`([^`]+)`/g)].map(([, path = '']) => path);
      const decision = /ADR (\d{4})/.exec(where)?.[1];
      const decided =
        decision !== undefined && readFileSync(join(ROOT, 'docs/adr/README.md'), 'utf8').includes(decision);
      return !decided && (paths.length === 0 || !paths.every((path) => existsSync(join(ROOT, 'src', path))));
    });
    expect(missing).toEqual([]);
  });

  it('links to pages that are there', () => {
    const links = [...markdown.matchAll(/\]\(([^)#]+)\)/g)].map(([, path = '']) => path);
    expect(links).toEqual(expect.arrayContaining(['docs/supply-chain.md', 'docs/reliability.md']));
    expect(links.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });
});

describe('a guarantee', () => {
  it.each([
    ['nothing', 'no test is named'],
    ['[gone](test/gone.test.ts) “a title”', 'there is no test/gone.test.ts'],
    ['[here](test/scripts/security-doc.test.ts)', 'test/scripts/security-doc.test.ts is named without a title'],
    [
      '[here](test/scripts/security-doc.test.ts) “is not shown”',
      'no test of test/scripts/security-doc.test.ts has “is not shown”',
    ],
  ])('that names %s is a fault', (tests, fault) => {
    expect(namedTestFaults(tests, ROOT)).toEqual([fault]);
  });
});
