// `cambist providers`: the commands are made of the description of the resource.

import type { CommandGroup } from '../command.ts';

export const providersGroup: CommandGroup = {
  name: 'providers',
  summary: 'identity providers: the issuers whose tokens are trusted',
  load: async () => {
    const [{ objectCommands }, { PROVIDERS }] = await Promise.all([
      import('../objects/object-commands.ts'),
      import('../objects/resources.ts'),
    ]);
    return objectCommands(PROVIDERS);
  },
};
