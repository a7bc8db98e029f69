// The options of each command that works on the database itself.

import type { CommandOption } from '../command.ts';

export const DATABASE_OPTIONS: readonly CommandOption[] = [
  {
    flags: '--config <file>',
    description:
      'the configuration of the deployment; by default that of the only one in .deployments, else wrangler.toml',
  },
  { flags: '--state-dir <directory>', description: 'STATE_DIR of a stopped `npm start`, in place of a deployment' },
];
