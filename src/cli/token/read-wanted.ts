// Reads what `cambist token` was asked for: the format, the file, the hosts and the audiences; gets nothing.

import type { CommandContext } from '../command.ts';
import { usageFailure } from '../failure.ts';
import { readHosts } from './credential-helper.ts';
import { variableName } from './exchange-settings.ts';
import type { OutputFormat } from './output-formats.ts';

/** What is no JSON, and has no other place than stdout if no file is named. */
const TEXTS: readonly OutputFormat[] = ['token', 'env', 'netrc'];
const WITH_HOSTS: readonly OutputFormat[] = ['docker', 'netrc', 'git-credential'];

export interface Wanted {
  readonly format: OutputFormat;
  readonly file: string | undefined;
  readonly name: string;
  readonly hosts: readonly string[];
  readonly username: string;
}

/** Reads the options; throws a usage failure for what cannot be meant. */
export function readWanted(context: CommandContext): Wanted {
  const { options, output } = context;
  const format = (options.text('output') ?? (output.isJson ? 'json' : 'token')) as OutputFormat;
  const file = options.text('file');
  if (output.isJson && file === undefined && TEXTS.includes(format))
    throw usageFailure(`--json and --output ${format} name two forms of the token.`, 'Leave one of them out.');
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

/** The audiences of `--id-token`; null for an access token. */
export function readIdTokenAudiences({ options }: CommandContext): readonly string[] | null {
  const audiences = options.list('id-token').flatMap((value) => value.split(','));
  if (audiences.some((audience) => audience.trim() === '')) throw usageFailure('--id-token names an empty audience.');
  return audiences.length === 0 ? null : audiences;
}

/** Where GitHub Actions reads variables from; refused elsewhere. */
export function githubEnvFile({ world }: CommandContext): string {
  const file = world.env['GITHUB_ENV'];
  if (file) return file;
  throw usageFailure('--output github-env works in a step of GitHub Actions only: GITHUB_ENV is not set.');
}
