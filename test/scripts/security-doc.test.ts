// Holds SECURITY.md to the repository: each guarantee names tests that exist, each answer to an attack a place that does.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { namedSections } from '../support/named-sections.ts';
import { namedTestFaults } from '../support/named-tests.ts';

const ROOT = join(import.meta.dirname, '../..');
const markdown = readFileSync(join(ROOT, 'SECURITY.md'), 'utf8');
const sections = namedSections(markdown);

describe('SECURITY.md', () => {
  const guarantees = sections.filter(({ group }) => group === 'What is guaranteed');
  const attackers = sections.filter(({ group }) => group === 'Who may attack, and what they get');
  const answers = sections.filter(({ group }) => group === 'How attacks are answered');
  const numbers = guarantees.map(({ heading }) => /^(\d+)\. /.exec(heading)?.[1]);

  it('names tests that exist for every guarantee', () => {
    expect(guarantees.length).toBeGreaterThanOrEqual(14);
    expect(numbers.map(Number)).toEqual(guarantees.map((_, index) => index + 1));
    expect(guarantees.filter(({ lead, parts }) => lead === '' || [...parts.keys()].join() !== 'Shown by')).toEqual([]);
    const faults = guarantees.flatMap(({ heading, parts }) =>
      namedTestFaults(parts.get('Shown by') ?? '', ROOT).map((fault) => `${heading}: ${fault}`),
    );
    expect(faults).toEqual([]);
  });

  it('refers to guarantees that are there, and says what each attacker can do', () => {
    expect(attackers.length).toBeGreaterThanOrEqual(16);
    const unclear = attackers.filter(
      ({ parts }) => [...parts.keys()].join() !== 'Can,Cannot' || [...parts.values()].includes(''),
    );
    expect(unclear).toEqual([]);
    const said = attackers.flatMap(({ parts }) => [...parts.values()]);
    const referred = said.flatMap((text) => [...text.matchAll(/\((\d+)\)/g)].map(([, number]) => number));
    expect(referred.length).toBeGreaterThan(15);
    expect(referred.filter((number) => !numbers.includes(number))).toEqual([]);
  });

  it('says where each attack is answered', () => {
    expect(answers.length).toBeGreaterThanOrEqual(16);
    expect(answers.filter(({ lead, parts }) => lead === '' || [...parts.keys()].join() !== 'In')).toEqual([]);
    const decisions = readFileSync(join(ROOT, 'docs/adr/README.md'), 'utf8');
    const missing = answers.filter(({ parts }) => {
      const place = parts.get('In') ?? '';
      const paths = [...place.matchAll(/`([^`]+)`/g)].map(([, path = '']) => path);
      const decided = [...place.matchAll(/ADR (\d{4})/g)].map(([, number = '']) => number);
      const known =
        paths.every((path) => existsSync(join(ROOT, 'src', path))) && decided.every((one) => decisions.includes(one));
      return paths.length + decided.length === 0 || !known;
    });
    expect(missing.map(({ heading }) => heading)).toEqual([]);
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
