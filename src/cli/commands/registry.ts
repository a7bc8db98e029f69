// Every command there is, in the order of the help; one line each.

import type { Command, CommandGroup } from '../command.ts';
import { applyCommand, planCommand, testCommand } from './apply.ts';
import { bootstrapGroup } from './bootstrap.ts';

export const COMMANDS: readonly (Command | CommandGroup)[] = [bootstrapGroup, applyCommand, planCommand, testCommand];
