// Answers each tool in its own protocol: reads what it asks, gets what it may have, and says failures in its form.
// A token goes to the tool on stdout and is printed nowhere else, not even as a mask of CI: the tool may write our stderr to a log.

import { AWS_AUDIENCE } from '../../platforms/aws/assume-role.ts';
import type { ExchangedToken } from '../../sdk/client/index.ts';
import type { CommandContext, World } from '../command.ts';
import { CliFailure, usageFailure } from '../failure.ts';
import { answerHelper } from '../token/answer-helper.ts';
import { readHosts } from '../token/credential-helper.ts';
import { readExchangeSettings, textOf } from '../token/exchange-settings.ts';
import type { ExchangeSettings } from '../token/exchange-settings.ts';
import { formatToken } from '../token/format-token.ts';
import { redactToken } from '../token/mask-token.ts';
import { readIdTokenAudiences } from '../token/read-wanted.ts';
import type { Wanted } from '../token/read-wanted.ts';
import { requestToken } from '../token/request-token.ts';
import { regionFor, requestRoleKeys } from '../token/role-keys.ts';
import {
  formatAwsProcess,
  formatDockerFailure,
  formatGoogle,
  formatGoogleFailure,
  formatKubelet,
  formatTerraform,
  readKubeletRequest,
} from './other-protocols.ts';

/** Keys of the role for `credential_process`. */
export async function answerAws(context: CommandContext): Promise<void> {
  const { world, options, output } = context;
  const arn = textOf(context, 'role', 'AWS_ROLE_ARN');
  if (arn === undefined) throw usageFailure('Which role? Neither --role nor AWS_ROLE_ARN is set.');
  const region = regionFor(arn, options.text('region'), world.env);
  const [audience = AWS_AUDIENCE] = readIdTokenAudiences(context) ?? [];
  const { keys } = await requestRoleKeys(world, readExchangeSettings(context), { arn, region, audience });
  for (const secret of [keys.secretAccessKey, keys.sessionToken]) await redactToken(world, secret);
  output.raw(formatAwsProcess(keys));
}

/** An ID token for Google's libraries, which name its audience in a variable; they show a failure only if the exit code is 0. */
export async function answerGoogle(context: CommandContext): Promise<void> {
  const { world, output } = context;
  await toldAs(context, formatGoogleFailure, 0, async () => {
    const provider = world.env['GOOGLE_EXTERNAL_ACCOUNT_AUDIENCE'] ?? '';
    const [audience = googleAudience(provider)] = readIdTokenAudiences(context) ?? [];
    const type = world.env['GOOGLE_EXTERNAL_ACCOUNT_TOKEN_TYPE'] || 'urn:ietf:params:oauth:token-type:jwt';
    if (!/:(?:jwt|id_token)$/.test(type)) throw usageFailure(`The subject_token_type ${type} is no ID token.`);
    output.raw(formatGoogle(await getToken(world, readExchangeSettings(context), [audience]), type));
    return 0;
  });
}

/** Google's default for the audience of a provider is its name with the scheme. */
function googleAudience(provider: string): string {
  if (provider.startsWith('//iam.googleapis.com/')) return `https:${provider}`;
  throw usageFailure(
    'GOOGLE_EXTERNAL_ACCOUNT_AUDIENCE is not the name of a workload identity provider.',
    "Google's libraries set it from the file of GOOGLE_APPLICATION_CREDENTIALS; --id-token names an audience without them.",
  );
}

/** docker's `get`, `list`, `store` and `erase`; docker reads a failure from stdout, but shows only that of `store`. */
export async function answerDocker(context: CommandContext): Promise<number> {
  const [operation] = context.arguments;
  const format = (failure: CliFailure): string => {
    // docker says "no basic auth credentials" for every other one, and lets our stderr through.
    if (operation !== 'store') context.output.failure(failure);
    return formatDockerFailure(failure);
  };
  return await toldAs(context, format, 1, async () => {
    const wanted = wantedFor(context, 'docker');
    if (operation === 'store')
      throw usageFailure('cambist keeps no passwords.', 'Run no docker login for a registry of this helper.');
    if (operation !== 'list') return await answerAsked(context, wanted);
    context.output.raw(`${JSON.stringify(Object.fromEntries(wanted.hosts.map((host) => [host, wanted.username])))}\n`);
    return 0;
  });
}

/** git's `get`; git wants every other operation to be ignored, whatever else is wrong (gitcredentials(7)). */
export async function answerGit(context: CommandContext): Promise<number> {
  const [operation] = context.arguments;
  if (operation === undefined) throw usageFailure('git asks with: get.');
  if (operation !== 'get') return 0;
  return await answerAsked(context, wantedFor(context, 'git-credential'));
}

/** An ExecCredential with an ID token for the API server. */
export async function answerKubernetes(context: CommandContext): Promise<void> {
  const { world, output } = context;
  const wanted: Wanted = { format: 'kubernetes', file: undefined, name: '', hosts: [], username: '' };
  const audiences = readIdTokenAudiences(context) ?? ['kubernetes'];
  const token = await getToken(world, readExchangeSettings(context), audiences);
  output.raw(formatToken(token, wanted, world.env['KUBERNETES_EXEC_INFO']));
}

/** The answer to a CredentialProviderRequest: the pod's token is exchanged; the node's own only if that was allowed. */
export async function answerKubelet(context: CommandContext): Promise<void> {
  const { world, output } = context;
  const { hosts, username } = wantedFor(context, 'docker');
  const { registry, serviceAccountToken } = readKubeletRequest(await world.readStdin());
  if (!hosts.includes(registry)) {
    output.raw(formatKubelet(registry, null));
    return;
  }
  if (serviceAccountToken === undefined && !context.options.flag('allow-node-identity'))
    throw usageFailure(
      'The kubelet gave no token of the pod.',
      'Set tokenAttributes in its configuration, or --allow-node-identity to let every pod of the node pull as the node.',
    );
  const settings = readExchangeSettings(context);
  const token =
    serviceAccountToken === undefined
      ? await requestToken(world, settings, { idTokenFor: null })
      : await requestToken(
          { ...world, env: { ...world.env, [POD_TOKEN]: serviceAccountToken } },
          { ...settings, source: `env:${POD_TOKEN}` },
          { idTokenFor: null },
        );
  output.raw(formatKubelet(registry, { token, username }));
}

/** Where the source finds the pod's token; no variable of a process holds it. */
const POD_TOKEN = 'CAMBIST_KUBELET_POD_TOKEN';

/** Terraform's `get HOST`; it cannot keep or forget one. */
export async function answerTerraform(context: CommandContext): Promise<void> {
  const { hosts } = wantedFor(context, 'docker');
  const [operation, host, ...rest] = context.arguments;
  if (operation === 'store' || operation === 'forget')
    throw usageFailure(
      `cambist keeps no tokens: ${operation} has nothing to do.`,
      'Run no terraform login for this host.',
    );
  if (operation !== 'get' || host === undefined || rest.length > 0)
    throw usageFailure('Terraform asks with: get HOST.');
  const isOurs = hosts.includes(host.toLowerCase());
  const token = isOurs ? await getToken(context.world, readExchangeSettings(context), null) : null;
  context.output.raw(formatTerraform(token));
}

async function answerAsked(context: CommandContext, wanted: Wanted): Promise<number> {
  const settings = readExchangeSettings(context);
  const get = async (): Promise<ExchangedToken> => await getToken(context.world, settings, null);
  const { text, code } = await answerHelper(context, wanted, get);
  context.output.raw(text);
  return code;
}

async function getToken(
  world: World,
  settings: ExchangeSettings,
  idTokenFor: readonly string[] | null,
): Promise<ExchangedToken> {
  const token = await requestToken(world, settings, { idTokenFor });
  await redactToken(world, token.accessToken);
  return token;
}

/** The hosts that may get the token. Throws a usage failure if there is none: nobody may get it then. */
function wantedFor(context: CommandContext, format: 'docker' | 'git-credential'): Wanted {
  const { options, world } = context;
  const given = options.list('host');
  const variable = (world.env['CAMBIST_CREDENTIAL_HOST'] ?? '').split(/\s+/).filter((host) => host !== '');
  const hosts = readHosts(given.length > 0 ? given : variable);
  if (hosts.length === 0)
    throw usageFailure('Neither --host nor CAMBIST_CREDENTIAL_HOST is set: nobody may get the token.');
  const username = options.text('username') ?? 'cambist';
  if (!/^[\x21-\x7E]{1,128}$/.test(username)) throw usageFailure('--username must be one word.');
  return { format, file: undefined, name: '', hosts, username };
}

async function toldAs(
  { output }: CommandContext,
  format: (failure: CliFailure) => string,
  code: number,
  answer: () => Promise<number>,
): Promise<number> {
  try {
    return await answer();
  } catch (error) {
    if (!(error instanceof CliFailure)) throw error;
    output.raw(format(error));
    return code;
  }
}
