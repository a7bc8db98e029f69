// `cambist token`: gets one token, has it masked, then prints it or writes it where it is wanted.

import type { ExchangedToken } from '../../sdk/client/index.ts';
import type { CommandBody, CommandContext } from '../command.ts';
import { EXCHANGE_OPTIONS, readExchangeSettings } from '../token/exchange-settings.ts';
import { OUTPUT_FORMATS } from '../token/output-formats.ts';

export const tokenCommand: CommandBody = {
  description:
    'Finds the platform by itself, asks it for an ID token with the right audience and exchanges it. The token is masked ' +
    'if the CI platform can do that, before anything else is printed. Only timeouts, 408, 429 and 5xx are tried again; ' +
    'a refusal is final. As a helper of docker or git it prints no mask, which could end in a log of the tool; ' +
    '`cambist credential` answers more tools.',
  arguments: [{ name: '[operation...]', description: 'added by git and docker when they call this as their helper' }],
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
      choices: OUTPUT_FORMATS,
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
  run: exchange,
};

/** Gets the token and hands it over; the exit code. */
async function exchange(context: CommandContext): Promise<number> {
  const [
    { answerHelper },
    { formatToken },
    { maskToken, redactToken },
    { writePrivateFile },
    { githubEnvFile, readIdTokenAudiences, readWanted },
    { requestToken },
  ] = await Promise.all([
    import('../token/answer-helper.ts'),
    import('../token/format-token.ts'),
    import('../token/mask-token.ts'),
    import('../token/private-file.ts'),
    import('../token/read-wanted.ts'),
    import('../token/request-token.ts'),
  ]);
  const { world, output } = context;
  const wanted = readWanted(context);
  const settings = readExchangeSettings(context);
  const idTokenFor = readIdTokenAudiences(context);
  const isHelper = wanted.format === 'git-credential' || wanted.format === 'docker';
  const get = async (): Promise<ExchangedToken> => {
    const token = await requestToken(world, settings, { idTokenFor });
    await (isHelper ? redactToken : maskToken)(world, token.accessToken);
    return token;
  };

  if (isHelper) {
    const answer = await answerHelper(context, wanted, get);
    output.raw(answer.text);
    return answer.code;
  }
  const token = await get();
  if (wanted.format === 'github-env') {
    const { appendFile } = await import('node:fs/promises');
    await appendFile(githubEnvFile(context), `${wanted.name}=${token.accessToken}\n`);
    output.data({ env: wanted.name, expires_at: token.expiresAt.toISOString() }, () =>
      output.line(`✔ ${wanted.name} is set for the next steps of the job.`),
    );
    return 0;
  }
  const text = formatToken(token, wanted, world.env['KUBERNETES_EXEC_INFO']);
  if (wanted.file === undefined) output.raw(text);
  else {
    await writePrivateFile(wanted.file, text);
    const { accessToken: _, ...told } = token;
    output.data({ file: wanted.file, expires_at: told.expiresAt.toISOString() }, () =>
      output.line(`✔ ${wanted.file} holds the token until ${told.expiresAt.toISOString()}.`),
    );
  }
  return 0;
}
