// `cambist exec`: runs a command with tokens, keeps its files fresh, and revokes what it got at the end.

import type { CommandBody, CommandContext } from '../command.ts';
import { NOT_EXECUTABLE, NOT_FOUND } from '../exec/limits.ts';
import type { Setup } from '../exec/prepare-tokens.ts';
import { CliFailure } from '../failure.ts';
import { EXCHANGE_OPTIONS, readExchangeSettings } from '../token/exchange-settings.ts';

export const execCommand: CommandBody = {
  description:
    'The command gets an access token in CAMBIST_TOKEN (its end in CAMBIST_TOKEN_EXPIRES_AT), and ID tokens if --id-token ' +
    'asks for them; with ID tokens alone there is no access token, unless --env or --file asks for one. Files are renewed ' +
    'before their token ends, from an ID token that is read anew each time. Signals reach the command, and its exit code is ' +
    'the exit code here. Access tokens are revoked at the end.',
  arguments: [{ name: '[command...]', description: 'the command and its arguments, after --' }],
  options: [
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
    { flags: '--no-revoke', description: 'leave the access tokens valid until they end' },
  ],
  examples: [
    'cambist exec -- ./deploy.sh',
    'cambist exec --id-token VAULT_JWT=https://vault.example.com,https://vault-dr.example.com -- ./deploy.sh',
    'cambist exec --id-token-file AWS_WEB_IDENTITY_TOKEN_FILE=sts.amazonaws.com -- aws sts get-caller-identity',
  ],
  run: execute,
};

/** Runs the command; its exit code, or 126, 127 and 128 + signal as a shell has them. */
async function execute(context: CommandContext): Promise<number> {
  const [{ readWishes }, { holdSignals, runChild }, { prepareTokens, revokeTokens }] = await Promise.all([
    import('../exec/read-wishes.ts'),
    import('../exec/run-child.ts'),
    import('../exec/prepare-tokens.ts'),
  ]);
  const wishes = readWishes(context);
  const settings = readExchangeSettings(context);
  const signals = holdSignals();
  const setup: Setup = { variables: {}, issued: [], takeDown: [] };
  try {
    await prepareTokens(context, settings, wishes, setup);
    const variables = { ...context.world.env, ...setup.variables };
    return await runChild(wishes.command, wishes.arguments, variables, signals);
  } catch (error) {
    if (!(error instanceof CliFailure) || !['not_found', 'not_executable'].includes(error.details.code)) throw error;
    context.output.failure(error);
    return error.details.code === 'not_found' ? NOT_FOUND : NOT_EXECUTABLE;
  } finally {
    for (const step of setup.takeDown.toReversed()) await step();
    if (wishes.revokes) await revokeTokens(context, settings, setup.issued);
    signals.release();
  }
}
