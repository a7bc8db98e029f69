// Holds what every file of the repository may name and hold: sections of docs/contract.md that exist, no other contract, no issue by number, no unfinished merge.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const CONTRACT = 'docs/contract.md';
const THIS_FILE = 'test/scripts/contract-citations.test.ts';
const TEXT = /\.(ts|tsx|mts|js|json|md|sql|toml|yml|yaml|go|tf|sh)$/;
/** Copies of what others wrote, and lists of packages. */
const FOREIGN = /^(package-lock\.json$|test\/(fixtures|vectors)\/)/;

/** The sections of the contract, from its numbered headings. */
function sectionsOf(contract: string): ReadonlySet<string> {
  return new Set([...contract.matchAll(/^#{2,3} (\d+(?:\.\d+)?)\.? /gm)].map(([, section = '']) => section));
}

/** The sections of the contract that a text cites: `contract §5.3`, `contract's §3`, `contract §5.1, §6`, `contract (§3 step 6)`. */
function citationsIn(text: string): string[] {
  const citations = text.matchAll(/\bcontract(?:['’]s)?[ \n/*]+\(?(§\d[\d.]*(?:(?:,| and| or| to) §\d[\d.]*)*)/gi);
  return [...citations].flatMap(([, list = '']) =>
    [...list.matchAll(/§(\d+(?:\.\d+)?)/g)].map(([, section = '']) => section),
  );
}

/** The sections that the contract cites of itself: those that no other specification precedes. */
function ownCitationsIn(contract: string): string[] {
  const others = /(?:RFC \d+|Discovery)(?: §[\d.]+,?)+/g;
  return [...contract.replaceAll(others, '').matchAll(/§(\d+(?:\.\d+)?)/g)].map(([, section = '']) => section);
}

/** Names of a contract that is not in the repository: a path to one that does not lead to docs/contract.md. */
function foreignContractsIn(text: string): string[] {
  const paths = [...text.matchAll(/[\w.~-]*(?:\/[\w.~-]+)*\/contract\.md\b/g)].map(([path]) => path);
  return paths.filter(
    (path) => !/^(?:(?:\.\.\/)*|\.\/|\/)?docs\/contract\.md$|^\.{1,2}(?:\/\.\.)*\/contract\.md$/.test(path),
  );
}

/** The anchors of a document, as GitHub makes them from its headings. */
function anchorsOf(markdown: string): ReadonlySet<string> {
  const headings = [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading);
  return new Set(
    headings.map(
      (heading) =>
        `#${heading
          .toLowerCase()
          .replace(/[^\w\- ]/g, '')
          .replaceAll(' ', '-')}`,
    ),
  );
}

const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: ROOT,
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => TEXT.test(file) && !FOREIGN.test(file) && file !== THIS_FILE);
const contract = readFileSync(join(ROOT, CONTRACT), 'utf8');
const sections = sectionsOf(contract);

function readText(file: string): string {
  try {
    return readFileSync(join(ROOT, file), 'utf8');
  } catch {
    return ''; // deleted in the work tree, still in the index
  }
}

describe('the contract', () => {
  it('has the sections that everything is numbered by', () => {
    expect(sections.size).toBeGreaterThanOrEqual(21);
    expect([...sections]).toEqual(expect.arrayContaining(['0', '3', '5.3', '7', '11']));
  });

  it('cites only sections and headings of its own that exist', () => {
    const cited = ownCitationsIn(contract);
    expect(cited.length).toBeGreaterThan(20);
    expect(cited.filter((section) => !sections.has(section))).toEqual([]);
    const links = [...contract.matchAll(/\]\((#[^)]*)\)/g)].map(([, anchor = '']) => anchor);
    expect(links.filter((anchor) => !anchorsOf(contract).has(anchor))).toEqual([]);
  });

  it('is cited by sections that exist', () => {
    const cited = files.flatMap((file) => citationsIn(readText(file)).map((section) => ({ file, section })));
    expect(cited.length).toBeGreaterThan(500);
    expect(cited.filter(({ section }) => !sections.has(section))).toEqual([]);
  });

  it('is the only contract that a file names', () => {
    const named = files.flatMap((file) => foreignContractsIn(readText(file)).map((path) => `${file}: ${path}`));
    expect(named).toEqual([]);
  });

  it('is where the titles of the tests say (test/conformance/README.md)', () => {
    const table = readText('test/conformance/README.md').split(/^## /m);
    const rows = table.find((part) => part.startsWith('The contract of this service')) ?? '';
    const cited = [...rows.matchAll(/^\| §([\d.]+) \|/gm)].map(([, section = '']) => section);
    expect(cited.length).toBeGreaterThan(500);
    expect([...new Set(cited)].filter((section) => !sections.has(section))).toEqual([]);
  });
});

describe('the files', () => {
  it('name no issue by a number that means nothing to a reader of the repository', () => {
    const unexplained = files.filter((file) => /(?:\(|, )issues? \d+\b/.test(readText(file)));
    expect(unexplained).toEqual([]);
  });

  it('hold no two versions that a merge left, which a text in quotes would hide from the compiler', () => {
    expect(files.filter((file) => /^(?:<{7}|>{7}) /m.test(readText(file)))).toEqual([]);
  });
});

describe('a citation', () => {
  it.each([
    ['(contract §5.3)', ['5.3']],
    ["in the order of the contract's §3; pure", ['3']],
    ['the contract (§3 step 6)', ['3']],
    ['(contract §5.1, §6)', ['5.1', '6']],
    ['Contract §9 and §10 say so', ['9', '10']],
    ['(contract §6, RFC 7517 §4.5)', ['6']],
    ['// as the contract\n// §5.7 says', ['5.7']],
    ['RFC 8693 §2.1 is no contract', []],
  ])('is found in %j', (text, found) => {
    expect(citationsIn(text)).toEqual(found);
  });

  it('of a contract elsewhere is found, one of docs/contract.md is not', () => {
    expect(foreignContractsIn('see ../elsewhere/contract.md and /home/me/contract.md')).toHaveLength(2);
    expect(foreignContractsIn('docs/contract.md, ../docs/contract.md, ./contract.md, ../contract.md')).toEqual([]);
  });

  it('of the contract by itself leaves out those of other specifications', () => {
    expect(ownCitationsIn('see §5.3 (RFC 6749 §3.2), OIDC Discovery §3 and §8')).toEqual(['5.3', '8']);
  });
});
