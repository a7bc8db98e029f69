// Generates test/conformance/README.md: which test shows which section of which specification, read from the titles of the tests.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { ROOT } from './local/bundle.ts';

const TABLE = 'test/conformance/README.md';
/** A title followed by the test's function, with a section in parentheses at its end. */
const TITLE =
  /\(\s*(['"`])((?:(?!\1)[^\\\n]|\\.)*?\s\(((?:(?!\1)[^()\n])*§(?:(?!\1)[^()\n])*)\))\1,\s*(?:async\s*)?(?:\(|\w+\s*=>)/g;
const SECTION = /(?:(contract|RFC \d+|OpenID Connect [A-Z]\w+(?: 1\.0)?|[A-Z][\w .-]*?)\s+)?§\s?([\dA-Z][\d.]*)/g;

interface Shown {
  readonly specification: string;
  readonly section: string;
  readonly title: string;
  readonly file: string;
}

/** Writes the table, or with `check` only compares it; true if the file is (now) up to date. */
export function conformanceTable(check: boolean): boolean {
  const path = join(ROOT, TABLE);
  const text = render(readdirSync(join(ROOT, 'test'), { recursive: true, encoding: 'utf8' }).flatMap(readTitles));
  if (!check) writeFileSync(path, text);
  try {
    return readFileSync(path, 'utf8') === text;
  } catch {
    return false;
  }
}

function readTitles(file: string): Shown[] {
  if (!/\.test\.tsx?$/.test(file)) return [];
  const source = readFileSync(join(ROOT, 'test', file), 'utf8');
  return [...source.matchAll(TITLE)].flatMap(([, , title = '', sections = '']) => {
    let specification = 'contract'; // a second section without a name belongs to the specification before it
    return [...sections.matchAll(SECTION)].map(([, named, section = '']) => {
      specification = named ?? specification;
      const shown = title.slice(0, title.lastIndexOf('(')).trim().replaceAll('\\', '').replaceAll('|', '\\|');
      return { specification, section: section.replace(/\.$/, ''), title: shown, file: file.replaceAll('\\', '/') };
    });
  });
}

function render(all: readonly Shown[]): string {
  const specifications = [...new Set(all.map(({ specification }) => specification))].toSorted(compare);
  const parts = specifications.map((specification) => {
    const rows = all
      .filter((shown) => shown.specification === specification)
      .map(({ section, title, file }) => `| §${section} | ${title} | [${file}](../${file}) |`)
      .toSorted(compare);
    const heading = specification === 'contract' ? 'The contract of this service' : specification;
    return `## ${heading}\n\n| section | shown | in |\n|---|---|---|\n${rows.join('\n')}\n`;
  });
  return `# What shows what\n\nEach test names the section it tests; \`npm run generate\` writes this table from those names.\n\n${parts.join('\n')}`;
}

function compare(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}
