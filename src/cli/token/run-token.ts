// `cambist token`: gets one token, has it masked, then prints it or writes it where it is wanted.

import { appendFile } from 'node:fs/promises';

import type { ExchangedToken } from '../../sdk/client/index.ts';
import type { CommandContext } from '../command.ts';
import { CliFailure, usageFailure } from '../failure.ts';
import { mayGitHave, readGitRequest, readHosts, readOperation, registryHost } from './credential-helper.ts';
import { readExchangeSettings, variableName } from './exchange-settings.ts';
import {
  formatDocker,
  formatEnv,
  formatGitCredential,
  formatJson,
  formatKubernetes,
  formatNetrc,
} from './format-token.ts';
import type { OutputFormat } from './format-token.ts';
import { maskToken } from './mask-token.ts';
import { writePrivateFile } from './private-file.ts';
import { requestToken } from './request-token.ts';

/** What docker shows as "no credentials" rather than as an error. */
const DOCKER_NOT_FOUND = 'credentials not found in native keychain\n';
const WITH_HOSTS: readonly OutputFormat[] = ['docker', 'netrc', 'git-credential'];

interface Wanted {
  readonly format: OutputFormat;
  readonly file: string | undefined;
  readonly name: string;
  readonly hosts: readonly string[];
  readonly username: string;
}

/** Runs the command; the exit code. */
export async function runToken(context: CommandContext): Promise<number> {
  const { world, output } = context;
  const wanted = readWanted(context);
  const settings = readExchangeSettings(context);
  const idTokenFor = readIdTokenAudiences(context);
  const get = async (): Promise<ExchangedToken> => {
    const token = await requestToken(world, settings, { idTokenFor });
    await maskToken(world, token.accessToken);
    return token;
  };

  if (wanted.format === 'git-credential' || wanted.format === 'docker') {
    const answer = await answerHelper(context, wanted, get);
    output.raw(answer.text);
    return answer.code;
  }
  const token = await get();
  if (wanted.format === 'github-env') {
    await appendFile(githubEnvFile(context), `${wanted.name}=${token.accessToken}\n`);
    output.line(`✔ ${wanted.name} is set for the next steps of the job.`);
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

function readWanted(context: CommandContext): Wanted {
  const { options, output } = context;
  const format = (options.text('output') ?? (output.isJson ? 'json' : 'token')) as OutputFormat;
  const file = options.text('file');
  if (format === 'file' && file === undefined) throw usageFailure('--output file needs --file <path>.');
  if (file !== undefined && ['docker', 'git-credential', 'github-env'].includes(format))
    throw usageFailure(`--output ${format} does not go to a file of yours.`);
  const hosts = readHosts(options.list('host'));
  if (WITH_HOSTS.includes(format) && hosts.length === 0)
    throw usageFailure(`--output ${format} needs --host <host>: nobody else may get the token.`);
  if (format === 'github-env') githubEnvFile(context);
  if (context.arguments.length > 0 && format !== 'docker' && format !== 'git-credential')
    throw usageFailure(`Unexpected argument ${JSON.stringify(context.arguments[0])}.`);
  const username = options.text('username') ?? 'cambist';
  if (!/^[\x21-\x7E]{1,128}$/.test(username)) throw usageFailure('--username must be one word.');
  // Not CAMBIST_ID_TOKEN: that is where the platform's token is looked for.
  const name = variableName(
    options.text('env') ?? (options.list('id-token').length > 0 ? 'ID_TOKEN' : 'CAMBIST_TOKEN'),
  );
  return { format, file, name, hosts, username };
}

function readIdTokenAudiences({ options }: CommandContext): readonly string[] | null {
  const audiences = options.list('id-token').flatMap((value) => value.split(','));
  if (audiences.some((audience) => audience.trim() === '')) throw usageFailure('--id-token names an empty audience.');
  return audiences.length === 0 ? null : audiences;
}

function githubEnvFile({ world }: CommandContext): string {
  const file = world.env['GITHUB_ENV'];
  if (file) return file;
  throw usageFailure('--output github-env works in a step of GitHub Actions only: GITHUB_ENV is not set.');
}

async function answerHelper(
  { arguments: words, world }: CommandContext,
  { format, hosts, username }: Wanted,
  get: () => Promise<ExchangedToken>,
): Promise<{ readonly text: string; readonly code: number }> {
  if (readOperation(words) === 'other') return { text: words[0] === 'list' ? '{}\n' : '', code: 0 };
  const input = await world.readStdin();
  if (format === 'docker') {
    const serverUrl = input.trim();
    // The protocol has no other way to say so.
    if (!hosts.includes(registryHost(serverUrl))) return { text: DOCKER_NOT_FOUND, code: 1 };
    return { text: formatDocker(await get(), serverUrl, username), code: 0 };
  }
  const asked = readGitRequest(input);
  if (!mayGitHave(asked, hosts)) return { text: '', code: 0 };
  return { text: formatGitCredential(await get(), asked, username), code: 0 };
}

function formatToken(
  token: ExchangedToken,
  { format, name, hosts, username }: Wanted,
  execInfo: string | undefined,
): string {
  switch (format) {
    case 'token':
      return `${token.accessToken}\n`;
    case 'file':
      return token.accessToken;
    case 'env':
      return formatEnv(token, name);
    case 'json':
      return formatJson(token);
    case 'kubernetes':
      return formatKubernetes(token, execInfo);
    case 'netrc':
      return formatNetrc(token, hosts, username);
    case 'docker':
    case 'git-credential':
    case 'github-env':
      throw new CliFailure(`${format} is answered elsewhere`, { code: 'bug' });
  }
}
