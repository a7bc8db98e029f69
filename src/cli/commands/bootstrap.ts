// `cambist bootstrap <platform>`: one command per platform, made from the platforms' data; only their names are known here.

import type { CommandGroup } from '../command.ts';

export const bootstrapGroup: CommandGroup = {
  name: 'bootstrap',
  summary:
    'set up keyless access for a platform: issuer, service account, role and rule, and the CI configuration to paste',
  load: async () => await Promise.resolve([]),
};
