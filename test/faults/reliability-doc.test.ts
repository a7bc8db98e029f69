// Holds docs/reliability.md to the tests: every row names at least one, each in a file that exists and under a title that stands there.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { namedTestFaults } from '../support/named-tests.ts';

const DOCS = join(import.meta.dirname, '../../docs');
const COLUMNS = ['fault', 'callers see', 'guaranteed', 'how it recovers', 'test'];
const GROUPS = ['Storage (D1)', 'The cache (KV)', 'The issuer', 'The clock', 'Secrets and settings'];

interface Row {
  readonly group: string;
  readonly cells: readonly string[];
}

/** The rows of every table whose heads are `COLUMNS`; any other table is a fault. */
function rowsOf(markdown: string): { readonly rows: readonly Row[]; readonly faults: readonly string[] } {
  const rows: Row[] = [];
  const faults: string[] = [];
  for (const section of markdown.split(/^## /m).slice(1)) {
    const [group = '', ...lines] = section.split('\n').map((line) => line.trim());
    const [head, rule, ...body] = lines.filter((line) => line.startsWith('|')).map(cellsOf);
    if (head === undefined) continue;
    if (head.join() !== COLUMNS.join() || rule === undefined)
      faults.push(`${group}: the columns are ${head.join(', ')}`);
    if (body.length === 0) faults.push(`${group}: the table has no row`);
    rows.push(...body.map((cells) => ({ group, cells })));
  }
  return { rows, faults };
}

function cellsOf(line: string): string[] {
  return line
    .slice(1, -1)
    .split('|')
    .map((cell) => cell.trim());
}

/** What is wrong with the table: empty cells, and tests that are not there. */
function faultsOf(markdown: string): string[] {
  const { rows, faults } = rowsOf(markdown);
  return [
    ...faults,
    ...rows.flatMap(({ group, cells }) => rowFaults(cells).map((fault) => `${group}: ${cells[0]}: ${fault}`)),
  ];
}

function rowFaults(cells: readonly string[]): string[] {
  if (cells.length !== COLUMNS.length || cells.includes('')) return ['a cell is empty or too many'];
  return namedTestFaults(cells.at(-1) ?? '', DOCS);
}

describe('docs/reliability.md', () => {
  const markdown = readFileSync(join(DOCS, 'reliability.md'), 'utf8');

  it('has every group of faults, and names a test that exists for each of them', () => {
    expect(faultsOf(markdown)).toEqual([]);
    const groups = new Set(rowsOf(markdown).rows.map(({ group }) => group));
    expect(GROUPS.filter((group) => !groups.has(group))).toEqual([]);
    expect(rowsOf(markdown).rows.length).toBeGreaterThan(30);
  });

  it('is refused where a row names a file, a title or nothing that is there', () => {
    const [row = ''] = markdown.split('\n').filter((line) => line.includes('“exactly between read and write'));
    expect(row).not.toBe('');
    const changed = (from: string, to: string): string[] => faultsOf(markdown.replace(row, row.replaceAll(from, to)));
    expect(changed('d1.worker', 'gone.worker')).toEqual([expect.stringContaining('there is no ../test/faults/gone')]);
    expect(changed('exactly between', 'roughly between')).toEqual([expect.stringContaining('“roughly between')]);
    expect(changed('](', '] (')).toEqual([expect.stringContaining('no test is named')]);
    expect(faultsOf('## Other\n\n| a | b |\n| - | - |\n')).toHaveLength(2);
  });
});
