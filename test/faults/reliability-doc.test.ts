// Holds docs/reliability.md to the tests: every fault names at least one, each in a file that exists and under a title that stands there.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { namedSections } from '../support/named-sections.ts';
import type { NamedSection } from '../support/named-sections.ts';
import { namedTestFaults } from '../support/named-tests.ts';

const DOCS = join(import.meta.dirname, '../../docs');
const PARTS = ['Callers see', 'Guaranteed', 'Recovers', 'Shown by'];
const GROUPS = [
  'Storage (D1)',
  'The archive (R2)',
  'The cache (KV)',
  'The issuer',
  'The clock',
  'Secrets and settings',
  'Floods',
];
/** Runs of their own, told in prose. */
const PROSE = ['Crash and soak'];

function faultsIn(markdown: string): readonly NamedSection[] {
  return namedSections(markdown).filter(({ group }) => !PROSE.includes(group));
}

/** What is wrong with the document: parts that are missing or empty, and tests that are not there. */
function wrongIn(markdown: string): string[] {
  return faultsIn(markdown).flatMap((section) =>
    wrongParts(section).map((wrong) => `${section.group}: ${section.heading}: ${wrong}`),
  );
}

function wrongParts({ lead, parts }: NamedSection): string[] {
  if ([...parts.keys()].join() !== PARTS.join()) return [`its parts are ${[...parts.keys()].join(', ')}`];
  if (lead !== '') return [`there is text before its parts: ${lead}`];
  if ([...parts.values()].includes('')) return ['a part is empty'];
  return namedTestFaults(parts.get('Shown by') ?? '', DOCS);
}

describe('docs/reliability.md', () => {
  const markdown = readFileSync(join(DOCS, 'reliability.md'), 'utf8');

  it('has every group of faults, and names a test that exists for each of them', () => {
    expect(wrongIn(markdown)).toEqual([]);
    const groups = new Set(faultsIn(markdown).map(({ group }) => group));
    expect([...groups]).toEqual(GROUPS);
    expect(faultsIn(markdown).length).toBeGreaterThan(55);
  });

  it('is refused if a fault names a file, a title or nothing that is there', () => {
    const section = markdown.split(/^(?=### )/m).find((one) => one.includes('“exactly between read and write')) ?? '';
    expect(section).not.toBe('');
    const changed = (from: string, to: string): string[] =>
      wrongIn(markdown.replace(section, section.replaceAll(from, to)));
    expect(changed('d1.worker', 'gone.worker')).toEqual([expect.stringContaining('there is no ../test/faults/gone')]);
    expect(changed('exactly between', 'roughly between')).toEqual([expect.stringContaining('“roughly between')]);
    expect(changed('](', '] (')).toEqual([expect.stringContaining('no test is named')]);
    expect(changed('**Guaranteed:**', '**Promised:**')).toEqual([expect.stringContaining('its parts are')]);
    expect(wrongIn('## Other\n\n### a fault\n\n- **Callers see:** nothing\n')).toHaveLength(1);
  });
});
