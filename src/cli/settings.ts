// Where the deployment is and who is asking: options, then variables, then the file that names deployments; a missing one is
// refused with where it usually comes from.

import type { CommandOption, World } from './command.ts';
import { originOf } from './deployment-origin.ts';
import type { Chosen } from './deployments/choose-deployment.ts';
import { CliFailure, usageFailure } from './failure.ts';
import { nameOfFile, readGivenFile } from './given-file.ts';

export const GLOBAL_OPTIONS: readonly CommandOption[] = [
  { flags: '--url <url>', description: 'the deployment (its ISSUER_URL)', env: 'CAMBIST_URL' },
  {
    flags: '--deployment <name>',
    description: 'one that `cambist deployments` knows, with its organisation and token',
    env: 'CAMBIST_DEPLOYMENT',
    completes: 'deployments',
  },
  {
    flags: '--token-file <path>',
    description: 'file with the root token or an access token, "-" for stdin; or the variable CAMBIST_TOKEN',
  },
  {
    flags: '--organisation <id or slug>',
    description: 'the organisation to work in',
    env: 'CAMBIST_ORGANISATION',
    completes: 'organisations',
  },
  { flags: '--json', description: 'machine-readable output on stdout, an error as one JSON object on stderr' },
];

/** Where the address of the deployment comes from, for messages. */
export const URL_SETTING = '--url, --deployment or CAMBIST_URL';

export interface Settings {
  /** The deployment's origin, without a trailing slash. */
  readonly url: () => string;
  readonly hasUrl: () => boolean;
  /** The credential for the IAM API. */
  readonly token: () => Promise<string>;
  readonly organisation: string | undefined;
}

export interface Given {
  readonly url: string | undefined;
  readonly deployment: string | undefined;
  readonly tokenFile: string | undefined;
  readonly organisation: string | undefined;
  /** False if no command may be run for the token: it could ask the person something. */
  readonly mayRun?: boolean;
}

/**
 * The settings of these options and variables. What is wrong with them is thrown when they are asked for, so that a command
 * that needs none works.
 */
export async function readSettings(given: Given, world: World): Promise<Settings> {
  const { chooseDeployment } = await import('./deployments/choose-deployment.ts');
  let chosen: Chosen | null = null;
  let fault: CliFailure | null = null;
  try {
    chosen = await chooseDeployment(given, world);
  } catch (error) {
    if (!(error instanceof CliFailure)) throw error;
    fault = error;
  }
  return createSettings(given, world, () => {
    if (fault !== null) throw fault;
    return chosen;
  });
}

function createSettings(given: Given, world: World, choose: () => Chosen | null): Settings {
  let token: Promise<string> | null = null;
  const urlOf = (): string | undefined => {
    const chosen = choose();
    return chosen === null ? (given.url ?? variableOf('CAMBIST_URL', null, world)) : chosen.deployment.url;
  };
  return {
    hasUrl: () => urlOf() !== undefined,
    url: () => {
      const url = urlOf();
      if (url === undefined) {
        throw new CliFailure('Which deployment? Neither --url nor CAMBIST_URL is set.', {
          code: 'missing_setting',
          exitCode: 2,
          next: 'It is the ISSUER_URL of your deployment: `npm run deploy` prints it, `npm start` uses http://localhost:8787.',
        });
      }
      return originOf(url);
    },
    token: async () => await (token ??= readToken(given, choose(), world)),
    get organisation() {
      const chosen = choose();
      const named = chosen?.deployment.organisation;
      const variable = variableOf('CAMBIST_ORGANISATION', chosen, world);
      return given.organisation ?? (chosen?.isByOption === true ? (named ?? variable) : (variable ?? named));
    },
  };
}

/** A variable, unless it stands beside the CAMBIST_URL of another deployment than the chosen one: then it is for that one. */
function variableOf(name: string, chosen: Chosen | null, { env }: World): string | undefined {
  const url = present(env['CAMBIST_URL']);
  if (chosen !== null && url !== undefined && (!URL.canParse(url) || new URL(url).origin !== chosen.deployment.url))
    return undefined;
  return present(env[name]);
}

function present(value: string | undefined): string | undefined {
  return value === undefined || value === '' ? undefined : value;
}

async function readToken(given: Given, chosen: Chosen | null, world: World): Promise<string> {
  const found = await findToken(given, chosen, world);
  if (found === null) {
    throw new CliFailure('Who is asking? Neither --token-file nor CAMBIST_TOKEN is set.', {
      code: 'missing_setting',
      exitCode: 2,
      next:
        'It is the root token (the ADMIN_TOKEN of your deployment; `npm start` keeps it in .cambist/admin-token),\n' +
        'or an access token with the scope iam:read, iam:write or iam:admin (`cambist token` gets one).',
    });
  }
  const token = found.text.trim();
  // A header cannot carry anything else, and fetch would quote the token in its complaint.
  if (!/^[\x21-\x7E]+$/.test(token)) throw usageFailure(`${found.from} holds something that is not one token.`);
  return token;
}

interface FoundToken {
  readonly text: string;
  readonly from: string;
}

/** A deployment that an option names comes with its token; else a variable goes before the file. */
async function findToken(
  { tokenFile: file, mayRun = true }: Given,
  chosen: Chosen | null,
  world: World,
): Promise<FoundToken | null> {
  if (file !== undefined)
    return { text: await readGivenFile({ file, by: '--token-file' }, world), from: nameOfFile(file) };
  const variable = variableOf('CAMBIST_TOKEN', chosen, world);
  const place = chosen?.deployment.token ?? null;
  if (chosen !== null && place !== null && (chosen.isByOption || variable === undefined)) {
    if (place.kind === 'command' && !mayRun) return null;
    const { readTokenAt } = await import('./deployments/read-token.ts');
    const from = `The place of the token of the deployment ${chosen.deployment.name}`;
    return { text: await readTokenAt(place, chosen.deployment, world), from };
  }
  return variable === undefined ? null : { text: variable, from: 'CAMBIST_TOKEN' };
}
