// `cambist audit`: who got or changed what; the work is in operate/.

import type { Command } from '../command.ts';

export const auditCommand: Command = {
  name: 'audit',
  summary: 'list or follow audit events',
  description:
    'Prints audit events, the oldest first: every grant, every refusal of a verified token, every change. With --json one event per line (NDJSON). Times are RFC 3339, or how long ago: 90s, 15m, 2h, 7d.',
  options: [
    { flags: '--since <time>', description: 'at or after this time' },
    { flags: '--until <time>', description: 'before this time' },
    { flags: '--action <action>', description: 'of this action, such as token.exchange or federated_identity.update' },
    {
      flags: '--outcome <outcome>',
      description: 'of this outcome',
      choices: ['granted', 'refused', 'shadow', 'success'],
    },
    { flags: '--service-account <id or slug>', description: 'of this service account' },
    { flags: '--identity <id>', description: 'of this federated identity' },
    { flags: '--issuer <url>', description: 'of tokens of this issuer' },
    { flags: '--subject <subject>', description: 'of tokens with this subject' },
    { flags: '--request-id <id>', description: 'of this request' },
    { flags: '--limit <number>', description: 'the newest so many; 50 by default, at most 1000' },
    { flags: '-f, --follow', description: 'go on, and print new events as they come' },
  ],
  arguments: [],
  examples: ['cambist audit --outcome refused --since 1h', 'cambist audit --follow --json'],
  run: async (context) => await (await import('../operate/audit.ts')).runAudit(context),
};
