// `cambist bootstrap <platform>`: its commands are made from the platforms' recipes, and read only if the word is used.

import type { CommandGroup } from '../command.ts';

export const bootstrapGroup: CommandGroup = {
  name: 'bootstrap',
  summary: 'trust a platform: issuer, service account, role, rule, and the CI configuration to paste',
  load: async () => (await import('../bootstrap/commands.ts')).bootstrapCommands,
};
