// Asks a person before something is deleted; a program is never asked, and what was told to go on is not asked either.

import { createInterface } from 'node:readline/promises';

import type { CommandContext } from './command.ts';

/** True where it may go on: `--yes`, no terminal on both ends, or a person who answers yes. */
export async function confirm(question: string, { options, output, world }: CommandContext): Promise<boolean> {
  if (options.flag('yes') || output.isJson || world.stdout.isTTY !== true || !process.stdin.isTTY) return true;
  const prompt = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^y(?:es)?$/i.test((await prompt.question(`${question} [y/N] `)).trim());
  } finally {
    prompt.close();
  }
}
