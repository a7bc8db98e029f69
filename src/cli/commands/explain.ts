// `cambist explain`: why a token is or would be refused; the work is in operate/.

import type { Command } from '../command.ts';

export const explainCommand: Command = {
  name: 'explain',
  summary: 'say why a token is accepted or refused, check by check',
  description:
    'Asks the deployment what it would do with a token, with claims, or with the claims of an earlier request, and prints every check of every federated identity, with hints for near misses. ' +
    'Changes nothing and uses no token up. Needs the scope iam:read. Exits 1 where the exchange would be refused.',
  options: [
    { flags: '--token <file>', description: 'the subject token in a file, "-" for stdin' },
    { flags: '--claims <file>', description: 'claims as JSON, as if they had been verified; "-" for stdin' },
    { flags: '--request-id <id>', description: 'the claims of an earlier exchange, from its audit event' },
    { flags: '--service-account <id or slug>', description: 'as if this account had been asked for' },
    { flags: '--identity <id>', description: 'of this federated identity only' },
    { flags: '--scope <scopes>', description: 'as if this scope had been asked for' },
    { flags: '--audience <audience>', description: 'as if this audience had been asked for', repeatable: true },
    { flags: '--project <id>', description: 'as if this project had been asked for' },
  ],
  arguments: [],
  examples: [
    'cambist explain --token id-token.jwt --service-account deployer',
    'cambist explain --request-id 7f8b2a40-3a1e-4c8e-9d5e-0f2a6d1c9b3e',
  ],
  run: async (context) => await (await import('../operate/explain.ts')).runExplain(context),
};
