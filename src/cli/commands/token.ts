// `cambist token`: its options and help; the work is in ../token/.

import type { Command } from '../command.ts';
import { EXCHANGE_OPTIONS } from '../token/exchange-settings.ts';

export const tokenCommand: Command = {
  name: 'token',
  summary: 'exchange the ID token of this workload for a token of the deployment',
  description:
    'Finds the platform by itself, asks it for an ID token with the right audience and exchanges it. The token is masked ' +
    'where the CI platform can do that, before anything else is printed. Only timeouts, 408, 429 and 5xx are tried again; ' +
    'a refusal is final.',
  arguments: [{ name: '[operation...]', description: 'added by git and docker where they call this as their helper' }],
  options: [
    ...EXCHANGE_OPTIONS,
    {
      flags: '--id-token <audience>',
      description:
        'an ID token of the deployment for this audience, for a cloud that trusts it, rather than an access token',
      repeatable: true,
    },
    {
      flags: '-o, --output <format>',
      description: 'how it is given: the bare token is the default; docker, netrc and git-credential need --host',
      choices: ['token', 'env', 'json', 'github-env', 'file', 'kubernetes', 'docker', 'netrc', 'git-credential'],
    },
    {
      flags: '--file <path>',
      description: 'write there rather than to stdout, readable by its owner only, in one step',
    },
    { flags: '--env <name>', description: 'the variable of env and github-env (default CAMBIST_TOKEN, or ID_TOKEN)' },
    {
      flags: '--host <host>',
      description: 'a host that may get the token (docker, netrc, git-credential)',
      repeatable: true,
    },
    {
      flags: '--username <name>',
      description: 'the user name beside the token (docker, netrc, git-credential)',
      default: 'cambist',
    },
  ],
  examples: [
    'TOKEN=$(cambist token --service-account sa_01h45ytscbebyvny4gc8cr8ma2)',
    'cambist token --output github-env --env API_TOKEN',
    'cambist token --output file --file /run/secrets/api-token --scope api:read',
    'cambist token --id-token https://vault.example.com',
    "git config credential.helper '!cambist token --output git-credential --host git.example.com'",
  ],
  run: async (context) => await (await import('../token/run-token.ts')).runToken(context),
};
