// Shows how a script is used, by its first comment, which says it already; and refuses words that the script does not know.

import { readFileSync } from 'node:fs';

/**
 * Ends the process with 0 after the usage if `--help` or `-h` is asked for, and with 2 if there are other words than these; null
 * leaves them to the script. Called before the script does anything.
 */
export function readUsage(file: string, known: readonly string[] | null = []): void {
  const given = process.argv.slice(2);
  if (given.includes('--help') || given.includes('-h')) {
    console.log(usageOf(readFileSync(file, 'utf8')));
    process.exit(0);
  }
  const unknown = known === null ? undefined : given.find((word) => !known.includes(word));
  if (unknown === undefined) return;
  console.error(`${JSON.stringify(unknown)} means nothing here.\n${usageOf(readFileSync(file, 'utf8'))}`);
  process.exit(2);
}

/** The first comment of a source. */
function usageOf(source: string): string {
  const lines = source.split('\n');
  const end = lines.findIndex((line) => !line.startsWith('//'));
  return lines
    .slice(0, end)
    .map((line) => line.replace(/^\/\/ ?/, ''))
    .join('\n');
}
