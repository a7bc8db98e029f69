// `cambist identities`: the commands are made of the description of the resource.

import type { CommandGroup } from '../command.ts';

export const identitiesGroup: CommandGroup = {
  name: 'identities',
  summary: 'federated identities: the rules that join a subject to a service account',
  load: async () => {
    const [{ objectCommands }, { IDENTITIES }, { revokeTokensCommand }] = await Promise.all([
      import('../objects/object-commands.ts'),
      import('../objects/resources.ts'),
      import('../objects/revoke-tokens.ts'),
    ]);
    return [...objectCommands(IDENTITIES), revokeTokensCommand(IDENTITIES)];
  },
};
