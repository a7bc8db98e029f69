// Every command there is, in the order of the help; one line each.

import type { Command, CommandGroup } from '../command.ts';
import { applyCommand, planCommand, testCommand } from './apply.ts';
import { bootstrapGroup } from './bootstrap.ts';
import { detectCommand } from './detect.ts';
import { execCommand } from './exec.ts';
import { tokenCommand } from './token.ts';
import { trustGroup } from './trust.ts';

export const COMMANDS: readonly (Command | CommandGroup)[] = [
  bootstrapGroup,
  tokenCommand,
  execCommand,
  detectCommand,
  trustGroup,
  applyCommand,
  planCommand,
  testCommand,
];
