// Chooses the completion script of a shell, and makes it of what the commands say today.

import { bashScript } from './bash.ts';
import { fishScript } from './fish.ts';
import { completedCommands } from './model.ts';
import { tablesOf } from './tables.ts';
import type { Tables } from './tables.ts';
import { zshScript } from './zsh.ts';

const SCRIPTS: Readonly<Record<'bash' | 'zsh' | 'fish', (tables: Tables) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

/** The script, to be read by the shell as it is. */
export async function completionScript(shell: 'bash' | 'zsh' | 'fish'): Promise<string> {
  return SCRIPTS[shell](tablesOf(await completedCommands()));
}
