// `cambist roles`: the commands are made of the description of the resource; rules and bindings are a role's own.

import type { CommandGroup } from '../command.ts';

export const rolesGroup: CommandGroup = {
  name: 'roles',
  summary: 'roles: what their holders may do, and who holds them',
  load: async () => {
    const [{ objectCommands }, { ROLES }, { roleCommands }] = await Promise.all([
      import('../objects/object-commands.ts'),
      import('../objects/resources.ts'),
      import('../objects/role-commands.ts'),
    ]);
    return [...objectCommands(ROLES), ...roleCommands];
  },
};
