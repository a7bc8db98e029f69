// Asks a person before something is deleted; a program is never asked, and what was told to go on is not asked either.

import type { CommandContext } from './command.ts';

/** True where it may go on: `--yes`, nobody at a terminal, or a person who answers yes. */
export async function confirm(question: string, { options, output, world }: CommandContext): Promise<boolean> {
  if (options.flag('yes') || output.isJson || world.ask === undefined) return true;
  return /^y(?:es)?$/i.test((await world.ask(`${question} [y/N] `)).trim());
}
