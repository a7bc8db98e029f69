// Where the deployment is and who is asking: flags, then variables; a missing one is refused with where it usually comes from.

import type { CommandOption, World } from './command.ts';
import { CliFailure, usageFailure } from './failure.ts';
import { nameOfFile, readGivenFile } from './given-file.ts';

export const GLOBAL_OPTIONS: readonly CommandOption[] = [
  { flags: '--url <url>', description: 'the deployment (its ISSUER_URL)', env: 'CAMBIST_URL' },
  {
    flags: '--token-file <path>',
    description: 'file with the root token or an access token, "-" for stdin; or the variable CAMBIST_TOKEN',
  },
  { flags: '--organisation <id or slug>', description: 'the organisation to work in', env: 'CAMBIST_ORGANISATION' },
  { flags: '--json', description: 'machine-readable output on stdout, an error as one JSON object on stderr' },
];

export interface Settings {
  /** The deployment's origin, without a trailing slash. */
  readonly url: () => string;
  readonly hasUrl: () => boolean;
  /** The credential for the IAM API. */
  readonly token: () => Promise<string>;
  readonly organisation: string | undefined;
}

interface Given {
  readonly url: string | undefined;
  readonly tokenFile: string | undefined;
  readonly organisation: string | undefined;
}

/** Reads the settings when they are asked for, so that a command that needs none asks for none. */
export function createSettings(given: Given, world: World): Settings {
  const url = given.url ?? present(world.env['CAMBIST_URL']);
  let token: Promise<string> | null = null;
  return {
    hasUrl: () => url !== undefined,
    url: () => {
      if (url === undefined) {
        throw new CliFailure('Which deployment? Neither --url nor CAMBIST_URL is set.', {
          code: 'missing_setting',
          exitCode: 2,
          next: 'It is the ISSUER_URL of your deployment: `npm run deploy` prints it, `npm start` uses http://localhost:8787.',
        });
      }
      return originOf(url);
    },
    token: () => (token ??= readToken(given.tokenFile, world)),
    organisation: given.organisation ?? present(world.env['CAMBIST_ORGANISATION']),
  };
}

function present(value: string | undefined): string | undefined {
  return value === undefined || value === '' ? undefined : value;
}

function originOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !['https:', 'http:'].includes(url.protocol))
    throw usageFailure(
      `${JSON.stringify(text)} is not the address of a deployment.`,
      'It looks like https://tokens.example.com.',
    );
  if (url.protocol === 'http:' && !['localhost', '127.0.0.1', '[::1]'].includes(url.hostname))
    throw usageFailure(`${url.origin} would send tokens unencrypted.`, 'Use https; http is for localhost only.');
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '' || url.pathname !== '/')
    throw usageFailure('The address of a deployment has no path, query or credentials.', `Try ${url.origin}.`);
  return url.origin;
}

async function readToken(file: string | undefined, world: World): Promise<string> {
  const text =
    file === undefined ? present(world.env['CAMBIST_TOKEN']) : await readGivenFile({ file, by: '--token-file' }, world);
  if (text === undefined) {
    throw new CliFailure('Who is asking? Neither --token-file nor CAMBIST_TOKEN is set.', {
      code: 'missing_setting',
      exitCode: 2,
      next:
        'It is the root token (the ADMIN_TOKEN of your deployment; `npm start` keeps it in .cambist/admin-token),\n' +
        'or an access token with the scope iam:read, iam:write or iam:admin (`cambist token` gets one).',
    });
  }
  const token = text.trim();
  // A header cannot carry anything else, and fetch would quote the token in its complaint.
  if (!/^[\x21-\x7E]+$/.test(token))
    throw usageFailure(
      `${file === undefined ? 'CAMBIST_TOKEN' : nameOfFile(file)} holds something that is not one token.`,
    );
  return token;
}
