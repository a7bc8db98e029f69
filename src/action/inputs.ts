// Reads the inputs of the step and names every fault at once; asks nobody.

import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';

import { CliFailure } from '../cli/failure.ts';
import type { Variables } from '../platforms/source.ts';
import { parseLifetime } from '../rules/lifetime.ts';
import { endpointOf } from '../sdk/client/deployment-address.ts';
import { MAX_ROLE_SECONDS, MIN_LIFETIME_SECONDS, MIN_ROLE_SECONDS } from './limits.ts';

/**
 * Every input; `action.yml` describes each.
 * @internal A test compares the two.
 */
export const INPUT_NAMES = [
  'url',
  'service-account',
  'organisation',
  'scope',
  'audience',
  'lifetime',
  'project',
  'token-type',
  'oidc-audience',
  'export-env',
  'credentials-file',
  'aws-role',
  'aws-region',
  'revoke',
] as const;
type InputName = (typeof INPUT_NAMES)[number];

export interface AwsInputs {
  readonly role: string;
  readonly region: string;
  readonly durationSeconds: number | undefined;
}

export interface Inputs {
  /** Without a trailing slash. */
  readonly url: string;
  readonly serviceAccount: string | undefined;
  readonly organisation: string | undefined;
  readonly scope: string | undefined;
  readonly audience: readonly string[];
  readonly lifetime: string | undefined;
  readonly project: string | undefined;
  /** Undefined: an access token, or the ID token that AWS needs. */
  readonly tokenType: 'access_token' | 'id_token' | undefined;
  readonly oidcAudience: string;
  readonly exportEnv: string | undefined;
  /** Absolute. */
  readonly credentialsFile: string | undefined;
  readonly aws: AwsInputs | undefined;
  readonly revoke: boolean;
}

/** The inputs as the runner hands them over (`INPUT_NAME`); an empty one counts as absent. Throws a CliFailure with all faults. */
export function readInputs(variables: Variables): Inputs {
  const faults: string[] = [];
  const text = (name: InputName): string | undefined => {
    const value = variables[`INPUT_${name.toUpperCase()}`]?.trim();
    return value === '' ? undefined : value;
  };
  const check = (name: InputName, isGood: (value: string) => boolean, wanted: string): string | undefined => {
    const value = text(name);
    if (value !== undefined && !isGood(value)) faults.push(`${name} must be ${wanted}`);
    return value;
  };

  const url = deploymentOf(text('url'), faults);
  const lifetime = check(
    'lifetime',
    (value) => (parseLifetime(value) ?? 0) >= MIN_LIFETIME_SECONDS,
    'seconds or a duration such as 30m, at least 60 s',
  );
  const tokenType = check('token-type', isTokenType, 'access_token or id_token');
  const revoke = check('revoke', (value) => readBoolean(value) !== null, 'true or false') ?? 'true';
  const exportEnv = check(
    'export-env',
    (value) => /^[A-Za-z_]\w*$/.test(value) && !RESERVED.test(value),
    'the name of a variable that is not the runner’s own',
  );
  const inputs: Inputs = {
    url,
    serviceAccount: text('service-account'),
    organisation: text('organisation'),
    scope: text('scope')?.split(/\s+/).join(' '),
    audience: text('audience')?.split(/\s+/) ?? [],
    lifetime,
    project: text('project'),
    tokenType: tokenType !== undefined && isTokenType(tokenType) ? tokenType : undefined,
    oidcAudience: text('oidc-audience') ?? url,
    exportEnv,
    credentialsFile: fileOf(text('credentials-file'), variables, faults),
    aws: awsOf(text('aws-role'), text('aws-region'), lifetime, variables, faults),
    revoke: readBoolean(revoke) ?? true,
  };
  if (faults.length === 0) return inputs;
  throw new CliFailure(`The inputs of this step are wrong: ${faults.join('; ')}.`, {
    code: 'usage',
    next: 'with:\n  url: https://cambist.example.com\n  service-account: …',
  });
}

/** What the runner reads itself or refuses to be given, and what decides which program a later step starts. */
const RESERVED = /^(?:GITHUB_|RUNNER_|ACTIONS_|INPUT_|STATE_|LD_|DYLD_|NODE_OPTIONS$|PATH$|CI$)/i;

function isTokenType(value: string): value is 'access_token' | 'id_token' {
  return value === 'access_token' || value === 'id_token';
}

/** As YAML 1.2 writes it; null for anything else. */
function readBoolean(value: string): boolean | null {
  if (/^(?:true|True|TRUE)$/.test(value)) return true;
  return /^(?:false|False|FALSE)$/.test(value) ? false : null;
}

function deploymentOf(given: string | undefined, faults: string[]): string {
  if (given === undefined) {
    faults.push('url is missing: the address of the deployment, such as https://cambist.example.com');
    return '';
  }
  try {
    return new URL(endpointOf(given, '/oidc/token')).origin;
  } catch (error) {
    faults.push(error instanceof Error && 'description' in error ? String(error.description) : 'url is no address');
    return '';
  }
}

/** A relative path is below RUNNER_TEMP: what lies in the workspace is uploaded, committed and copied into images. */
function fileOf(given: string | undefined, variables: Variables, faults: string[]): string | undefined {
  if (given === undefined) return undefined;
  if (given.startsWith('~/')) return join(variables['HOME'] || homedir(), given.slice(2));
  if (isAbsolute(given)) return resolve(given);
  const { RUNNER_TEMP: base } = variables;
  if (!base) faults.push('credentials-file must be an absolute path, since RUNNER_TEMP is not set');
  const path = resolve(base || '/', given);
  if (base && !path.startsWith(join(resolve(base), '/')))
    faults.push('credentials-file must not lead out of RUNNER_TEMP');
  return path;
}

const ROLE = /^arn:aws(?:-[a-z]+)*:iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/;
const REGION = /^[a-z]{2,5}(?:-[a-z]+)+-\d{1,2}$/;

function awsOf(
  role: string | undefined,
  givenRegion: string | undefined,
  lifetime: string | undefined,
  variables: Variables,
  faults: string[],
): AwsInputs | undefined {
  if (role === undefined) {
    if (givenRegion !== undefined) faults.push('aws-region is given without aws-role');
    return undefined;
  }
  if (!ROLE.test(role))
    faults.push('aws-role must be the ARN of a role, such as arn:aws:iam::123456789012:role/deploy');
  const region = givenRegion ?? (variables['AWS_REGION'] || variables['AWS_DEFAULT_REGION'] || '');
  if (!REGION.test(region)) faults.push('aws-region must be a region, such as eu-central-1');
  const durationSeconds = lifetime === undefined ? undefined : (parseLifetime(lifetime) ?? undefined);
  if (durationSeconds !== undefined && (durationSeconds < MIN_ROLE_SECONDS || durationSeconds > MAX_ROLE_SECONDS))
    faults.push('with aws-role, lifetime must be from 15m to 12h: AWS gives a role for no less and no more');
  return { role, region, durationSeconds };
}
