// `npm run … -- --help`: every script of ours says how it is used, and does nothing else.

import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };
/** Those that read their own options; the command line has a test of its own. */
const OTHERWISE = ['deploy', 'remove', 'cambist'];
const ours = Object.entries(scripts).flatMap(([name, command]) => {
  const file = /^node (\S+\.ts)$/.exec(command)?.[1];
  return file === undefined || OTHERWISE.includes(name) ? [] : [[name, file] as const];
});

describe.each(ours)('npm run %s', (name, file) => {
  const source = readFileSync(file, 'utf8');

  it('says in its first comment how it is called', () => {
    const comment = /^(?:\/\/.*\n)+/.exec(source)?.[0] ?? '';
    expect(comment).toMatch(/^\/\/ `npm (?:run (?:--silent )?)?[\w:-]+(?: \[?-- [^`]+)?`/);
    expect(comment).toContain(name);
  });

  it('reads its usage before it does anything', () => {
    const body = source
      .replaceAll(/^import [^;]*;$/gm, '')
      .replaceAll(/^\/\/.*$/gm, '')
      .trim();
    expect(body).toMatch(/^readUsage\(import\.meta\.filename(?:, (?:null|\[[^\]]*\]))?\);/);
  });
});

it('is all of them', () => {
  expect(ours.map(([name]) => name)).toEqual(
    expect.arrayContaining(['start', 'demo', 'bench', 'issuers', 'age', 'keys']),
  );
});
