// `cambist keys`: the commands about the deployment's own signing keys.

import type { CommandGroup } from '../command.ts';

export const keysGroup: CommandGroup = {
  name: 'keys',
  summary: 'signing keys: generate, list, rotate',
  load: async () => {
    const [{ keysGenerateCommand }, { keysListCommand }, { keysRotateCommand }] = await Promise.all([
      import('./keys-generate.ts'),
      import('./keys-list.ts'),
      import('./keys-rotate.ts'),
    ]);
    return [keysGenerateCommand, keysListCommand, keysRotateCommand];
  },
};
