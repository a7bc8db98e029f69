// The blocks of docs/guides/kubernetes.md, for the tests that run them or hold them to what they name.

import { readFileSync } from 'node:fs';

const GUIDE = readFileSync('docs/guides/kubernetes.md', 'utf8');

/** The commands of every `sh` block, each on one line, as words. */
export const COMMANDS: readonly (readonly string[])[] = blocksOf('sh')
  .flatMap((block) => block.replaceAll(/ *\\\n */g, ' ').split('\n'))
  .flatMap((line) => line.split(' && '))
  .filter((line) => line !== '' && !line.startsWith('export '))
  .map((line) => [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, word]) => quoted ?? word ?? ''));

/** The blocks of a language. */
export function blocksOf(language: string): readonly string[] {
  return [...GUIDE.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(
    ([, block = '']) => block,
  );
}

/** The commands that begin so, without these words. */
export function commandsOf(...start: readonly string[]): readonly (readonly string[])[] {
  return COMMANDS.filter((words) => start.every((word, index) => words[index] === word)).map((words) =>
    words.slice(start.length),
  );
}
