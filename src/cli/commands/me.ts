// `cambist me`: who the credential is; the work is in operate/.

import type { Command } from '../command.ts';

export const meCommand: Command = {
  name: 'me',
  summary: 'show who the credential is and what it may do',
  description:
    'Prints the service account, the organisation and the scopes of the credential, and the rules of its roles.',
  options: [{ flags: '--project <id>', description: 'with the roles that count in this project' }],
  arguments: [],
  examples: ['cambist me', 'cambist me --project shop'],
  run: async (context) => await (await import('../operate/me.ts')).runMe(context),
};
