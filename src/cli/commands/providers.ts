// `cambist providers`: the commands are made of the description of the resource.

import type { CommandGroup } from '../command.ts';

export const providersGroup: CommandGroup = {
  name: 'providers',
  summary: 'identity providers: the issuers whose tokens are trusted',
  load: async () => {
    const [{ objectCommands }, { PROVIDERS }] = await Promise.all([
      import('../operate/object-commands.ts'),
      import('../operate/resources.ts'),
    ]);
    return objectCommands(PROVIDERS);
  },
};
