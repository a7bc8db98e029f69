// Looks up the tests that a document names, as `[label](path) “part of a title” “another”`; runs none of them.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What is wrong with the tests that a text names: none, a file that is not there, or a title that does not stand in it. */
export function namedTestFaults(text: string, directory: string): string[] {
  const tests = [...text.matchAll(/\[[^\]]+\]\(([^)]+)\)((?:\s*“[^”]+”)*)/g)];
  if (tests.length === 0) return ['no test is named'];
  return tests.flatMap(([, path = '', named = '']) => {
    const file = join(directory, path);
    if (!path.endsWith('.test.ts') || !existsSync(file)) return [`there is no ${path}`];
    const source = readFileSync(file, 'utf8');
    const titles = [...named.matchAll(/“([^”]+)”/g)].map(([, title = '']) => title);
    if (titles.length === 0) return [`${path} is named without a title`];
    return titles
      .filter((title) => !titlesIn(source).some((one) => one.includes(title)))
      .map((title) => `no test of ${path} has “${title}”`);
  });
}

/** The titles of `it` and `it.each` in a file, as they are written. */
function titlesIn(source: string): string[] {
  return [
    ...source.matchAll(
      /(?:\bit|\](?: as const)?\)|\bit\.each\((?:\w+|Object\.entries\(\w+\))\))\(\s*(['"`])((?:(?!\1)[^\\\n]|\\.)+)\1/g,
    ),
  ].map(([, , title = '']) => title);
}
