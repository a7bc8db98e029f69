// `cambist service-accounts`: the commands are made of the description of the resource.

import type { CommandGroup } from '../command.ts';

export const serviceAccountsGroup: CommandGroup = {
  name: 'service-accounts',
  summary: 'service accounts: whom workloads may act as',
  load: async () => {
    const [{ objectCommands }, { SERVICE_ACCOUNTS }, { revokeTokensCommand }] = await Promise.all([
      import('../objects/object-commands.ts'),
      import('../objects/resources.ts'),
      import('../objects/revoke-tokens.ts'),
    ]);
    return [...objectCommands(SERVICE_ACCOUNTS), revokeTokensCommand(SERVICE_ACCOUNTS)];
  },
};
