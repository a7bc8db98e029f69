// The options of each command that works on the database itself.

import type { CommandOption } from '../command.ts';

export const DATABASE_OPTIONS: readonly CommandOption[] = [
  { flags: '--config <file>', description: 'wrangler.toml of the deployment', default: 'wrangler.toml' },
  { flags: '--env <name>', description: 'an environment of it' },
  { flags: '--state-dir <directory>', description: 'STATE_DIR of a stopped `npm start`, in place of a deployment' },
];
