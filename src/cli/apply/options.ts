// The options that `apply`, `plan` and `test` have in common.

import type { CommandOption } from '../command.ts';

export const FILE: CommandOption = {
  flags: '-f, --file <path>',
  description: 'the configuration, YAML or JSON; "-" for stdin',
  default: 'cambist.yaml',
};
export const PRUNE: CommandOption = {
  flags: '--prune',
  description: 'delete what this configuration made (by its label) and no longer declares',
};
