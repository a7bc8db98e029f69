// Asks a person before something is replaced or deleted. A program is not asked: it says `--yes`, or nothing happens.

import type { CommandContext, CommandOption } from './command.ts';
import { CliFailure, usageFailure } from './failure.ts';
import { visible } from './terminal-text.ts';

/** Of every command that confirms. */
export const YES: CommandOption = {
  flags: '-y, --yes',
  description: 'do not ask; needed if nobody is at a terminal',
};

/**
 * True if it may go on: `--yes`, or a person who answers yes. Throws a usage failure (exit 2) if neither was said and
 * nobody can be asked. With `--json` a no is a failure, too: its caller has no other result to print.
 */
export async function confirm(question: string, { options, output, world }: CommandContext): Promise<boolean> {
  if (options.flag('yes')) return true;
  if (world.ask === undefined)
    throw usageFailure(
      `${question} Nobody is at a terminal to answer, and nothing was changed.`,
      'Pass --yes to go on without being asked.',
    );
  const isYes = /^y(?:es)?$/i.test((await world.ask(`${visible(question)} [y/N] `)).trim());
  if (!isYes && output.isJson) throw new CliFailure('The answer was no: nothing was changed.', { code: 'declined' });
  return isYes;
}
