// `cambist exec`: runs a command with tokens, keeps its files fresh, and revokes what it got at the end.

import { outputOptions } from '../agent/output-options.ts';
import { OUTPUT_TYPES } from '../agent/output-members.ts';
import type { CommandBody, CommandContext } from '../command.ts';
import { NOT_EXECUTABLE, NOT_FOUND } from '../exec/limits.ts';
import { CliFailure } from '../failure.ts';
import { EXCHANGE_OPTIONS } from '../token/exchange-settings.ts';

export const execCommand: CommandBody = {
  description:
    'The command gets an access token in CAMBIST_TOKEN (its end in CAMBIST_TOKEN_EXPIRES_AT), and ID tokens if --id-token ' +
    'asks for them. --config and --output keep files fresh as `cambist agent` does; docs/guides/agent.md explains them. With ' +
    'ID tokens or outputs there is no access token in a variable, unless --env or --file asks for one. Everything is there ' +
    'before the command starts; if something is refused, the command is not started and the exit code is 1. Signals reach ' +
    'the command, and its exit code is the exit code here. At the end, the files that were written are removed and access ' +
    'tokens are revoked.',
  arguments: [{ name: '[command...]', description: 'the command and its arguments, after --' }],
  options: [
    {
      flags: '--config <file>',
      description: 'the YAML file of `cambist agent`, whose outputs are kept fresh; "-" for stdin',
    },
    {
      flags: '--output <type=path>',
      description: `a file to keep fresh, instead of --config: ${OUTPUT_TYPES.join(', ')}`,
      repeatable: true,
    },
    ...EXCHANGE_OPTIONS,
    { flags: '--env <name>', description: 'put the access token into this variable too', repeatable: true },
    {
      flags: '--file <path>',
      description: 'keep a fresh access token in this file (also in CAMBIST_TOKEN_FILE); it is removed at the end',
    },
    {
      flags: '--id-token <name=audience>',
      description: 'put an ID token of the deployment into this variable; several audiences are separated by commas',
      repeatable: true,
    },
    {
      flags: '--id-token-file <name=audience>',
      description: 'keep a fresh ID token in a file and put its path into this variable',
      repeatable: true,
    },
    ...outputOptions('--command if that is given, else the command that runs'),
    {
      flags: '--listen <address>',
      description: 'where GET /healthz answers, on loopback (also in CAMBIST_HEALTH_URL); absent means nowhere',
    },
    { flags: '--no-revoke', description: 'leave the access tokens valid until they end' },
  ],
  examples: [
    'cambist exec -- ./deploy.sh',
    'cambist exec --id-token VAULT_JWT=https://vault.example.com,https://vault-dr.example.com -- ./deploy.sh',
    'cambist exec --id-token-file AWS_WEB_IDENTITY_TOKEN_FILE=sts.amazonaws.com -- aws sts get-caller-identity',
    'cambist exec --output kubeconfig=/run/cambist/kubeconfig --signal HUP -- ./controller',
    'cambist exec --config cambist-agent.yaml -- ./server',
  ],
  run: execute,
};

/** Runs the command; its exit code, or 126, 127 and 128 + signal as a shell has them. */
async function execute(context: CommandContext): Promise<number> {
  const [{ readWishes }, { runExec }] = await Promise.all([
    import('../exec/read-wishes.ts'),
    import('../exec/run-exec.ts'),
  ]);
  const wishes = await readWishes(context);
  try {
    return await runExec(context, wishes);
  } catch (error) {
    if (!(error instanceof CliFailure) || !['not_found', 'not_executable'].includes(error.details.code)) throw error;
    context.output.failure(error);
    return error.details.code === 'not_found' ? NOT_FOUND : NOT_EXECUTABLE;
  }
}
