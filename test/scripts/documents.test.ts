// Holds the documents that people write to the repository: links and files that exist, lines that an editor can show.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
/** Written by programs, or copied from elsewhere. */
const GENERATED =
  /^(bench\/REPORT|docs\/(api|cli|platforms|supply-chain)|test\/(conformance|hostile)\/README|terraform\/docs\/.*|test\/(fixtures|vectors)\/.*)\.md$/;
/** Longer lines do not fit beside a diff. */
const MAX_LINE_CHARS = 140;
const PATH = /`((?:src|test|scripts|bench|docs|packages|examples|migrations|action|templates|deploy)\/[\w./-]*)`/g;

const documents = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], {
  cwd: ROOT,
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => file !== '' && !GENERATED.test(file) && existsSync(join(ROOT, file)));

function textOf(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

/** The targets of the links of a document, without those outside the repository and those in code. */
function linksIn(markdown: string): string[] {
  const prose = markdown.replaceAll(/^```[\s\S]*?^```/gm, '').replaceAll(/`[^`\n]*`/g, '');
  const targets = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  return targets.filter((target) => !/^(?:https?:|mailto:)/.test(target));
}

/** The anchors of the headings of a document, as GitHub makes them. */
function anchorsOf(markdown: string): ReadonlySet<string> {
  const headings = [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N}_\- ]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

function brokenLinks(file: string): string[] {
  return linksIn(textOf(file)).filter((target) => {
    const [path = '', anchor] = target.split('#');
    const other = path === '' ? file : join(dirname(file), path);
    if (!existsSync(join(ROOT, other))) return true;
    return anchor !== undefined && other.endsWith('.md') && !anchorsOf(textOf(other)).has(anchor);
  });
}

describe('the documents', () => {
  it('are found', () => {
    expect(documents).toEqual(expect.arrayContaining(['README.md', 'docs/contract.md', 'docs/MAP.md']));
  });

  it('link to files and headings that are there', () => {
    const broken = documents.flatMap((file) => brokenLinks(file).map((target) => `${file}: ${target}`));
    expect(broken).toEqual([]);
  });

  it('name files that are there', () => {
    // The contract names what is still to be built, and a decision what was there when it was made.
    const held = documents.filter((file) => file !== 'docs/contract.md' && !file.startsWith('docs/adr/'));
    const missing = held.flatMap((file) =>
      [...textOf(file).matchAll(PATH)]
        .filter(([, path = '']) => !existsSync(join(ROOT, path)))
        .map(([, path]) => `${file}: ${path}`),
    );
    expect(missing).toEqual([]);
  });

  it('have lines that fit beside a diff', () => {
    const long = documents.flatMap((file) =>
      textOf(file)
        .split('\n')
        .flatMap((line, index) => (line.length > MAX_LINE_CHARS ? [`${file}:${index + 1}: ${line.length}`] : [])),
    );
    expect(long).toEqual([]);
  });

  it('put the map on one screen', () => {
    expect(textOf('docs/MAP.md').split('\n').length).toBeLessThan(60);
    for (const file of ['README.md', 'CONTRIBUTING.md']) expect(linksIn(textOf(file))).toContain('docs/MAP.md');
  });
});
