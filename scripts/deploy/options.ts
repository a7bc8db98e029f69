// Reads what `npm run deploy` and `npm run remove` are told, by options and by the environment; asks nobody and knows no account.

import { parseArgs } from 'node:util';

import { Refusal, wrongOption } from '../local/refusal.ts';
import { MAX_WORKER_NAME_CHARS } from './limits.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** What both commands are told. */
interface CommonOptions {
  /** The Worker's name; null means that of wrangler.toml. */
  readonly name: string | null;
  /** A second, separate deployment; null means the first one. */
  readonly env: string | null;
  /** Another wrangler.toml; null means the repository's. */
  readonly config: string | null;
  /** Ask nothing. */
  readonly yes: boolean;
  readonly help: boolean;
}

/** What `npm run remove` is told. */
export interface RemoveOptions extends CommonOptions {
  readonly dryRun: boolean;
}

/** What `npm run deploy` is told. */
export interface DeployOptions extends CommonOptions {
  /** An https origin; null means what is deployed, what wrangler.toml says, or the workers.dev address. */
  readonly url: string | null;
  /** Another issuer than the one that this deployment has had so far. */
  readonly changeUrl: boolean;
  /** A name that already leads elsewhere. */
  readonly takeDomain: boolean;
  /** A database that holds the data of another deployment. */
  readonly adoptDatabase: boolean;
  /** A root token though this deployment works without one. */
  readonly adminToken: boolean;
  readonly dryRun: boolean;
  /** In Cloudflare's own builds nothing is asked, and no file outlives the build. */
  readonly inCloudflareBuild: boolean;
}

const COMMON = {
  name: { type: 'string' },
  env: { type: 'string', short: 'e' },
  config: { type: 'string', short: 'c' },
  yes: { type: 'boolean', short: 'y' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** Reads the options of `npm run deploy`. Throws Refusal with exit code 2. */
export function readDeployOptions(args: readonly string[], environment: Environment): DeployOptions {
  refuseWhatNpmTook(environment, 'deploy');
  const values = parsed(() =>
    parseArgs({
      args: [...args],
      options: {
        ...COMMON,
        url: { type: 'string' },
        'change-url': { type: 'boolean' },
        'take-domain': { type: 'boolean' },
        'adopt-database': { type: 'boolean' },
        'admin-token': { type: 'boolean' },
        'dry-run': { type: 'boolean' },
      },
    }),
  );
  return {
    ...common(values, environment),
    url: values.url === undefined ? null : readOrigin(values.url, '--url'),
    changeUrl: values['change-url'] ?? false,
    takeDomain: values['take-domain'] ?? false,
    adoptDatabase: values['adopt-database'] ?? false,
    adminToken: values['admin-token'] ?? false,
    dryRun: values['dry-run'] ?? false,
    inCloudflareBuild: environment['WORKERS_CI'] === '1',
  };
}

/** Reads the options of `npm run remove`. Throws Refusal with exit code 2. */
export function readRemoveOptions(args: readonly string[], environment: Environment): RemoveOptions {
  refuseWhatNpmTook(environment, 'remove');
  const values = parsed(() => parseArgs({ args: [...args], options: { ...COMMON, 'dry-run': { type: 'boolean' } } }));
  return { ...common(values, environment), dryRun: values['dry-run'] ?? false };
}

/** An https origin, as the Worker takes it for ISSUER_URL (contract §0). Throws Refusal with exit code 2. */
export function readOrigin(text: string, source: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || url.protocol !== 'https:' || url.username !== '' || url.password !== '')
    throw new Refusal(
      `${source} must be an https origin such as https://tokens.example.com, not "${withoutCredentials(text)}"`,
      2,
    );
  if (url.origin !== text)
    throw new Refusal(
      `${source} must be an origin alone, without path, query, port 443, capitals or a trailing slash: ${url.origin}`,
      2,
    );
  if (!HOST.test(url.hostname))
    throw new Refusal(
      `${source} must be a name on a domain that is on Cloudflare, such as https://tokens.example.com, not "${text}"`,
      2,
    );
  return text;
}

/** Labels of a domain: no address, no `localhost`, no dot at the end; the last one has a letter. */
const HOST = /^(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9])?\.)+[a-z0-9-]*[a-z][a-z0-9-]*$/;

function withoutCredentials(text: string): string {
  return text.replace(/\/\/[^/@]*@/, '//…@');
}

function common(
  values: {
    readonly name?: string;
    readonly env?: string;
    readonly config?: string;
    readonly yes?: boolean;
    readonly help?: boolean;
  },
  environment: Environment,
): CommonOptions {
  // Cloudflare's build names the Worker that it builds for, which its owner may have called otherwise.
  const name = values.name ?? environment['WRANGLER_CI_OVERRIDE_NAME'];
  return {
    name: name === undefined || name === '' ? null : readName(name, '--name'),
    env: values.env === undefined ? null : readName(values.env, '--env'),
    config: values.config ?? null,
    yes: values.yes ?? false,
    help: values.help ?? false,
  };
}

/** A name that Cloudflare takes for a Worker. Throws Refusal with exit code 2. */
export function readName(text: string, source: string): string {
  if (/^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/.test(text) && text.length <= MAX_WORKER_NAME_CHARS) return text;
  throw new Refusal(
    `${source} must be 1 to ${MAX_WORKER_NAME_CHARS} lower-case letters, digits and inner dashes, not "${text}"`,
    2,
  );
}

function parsed<T>(parse: () => { readonly values: T; readonly positionals: readonly string[] }): T {
  try {
    return parse().values;
  } catch (error) {
    const refusal = wrongOption(error);
    throw refusal === null ? error : new Refusal(`${refusal.message}; --help shows the options`, 2);
  }
}

/** npm keeps what stands before `--` for itself, and would let a rehearsal be a deployment. */
function refuseWhatNpmTook(environment: Environment, command: string): void {
  for (const option of ['dry-run', 'url', 'env', 'take-domain', 'change-url', 'adopt-database', 'admin-token']) {
    const value = environment[`npm_config_${option.replaceAll('-', '_')}`];
    if (value !== undefined && value !== '' && value !== 'false')
      throw new Refusal(`npm took --${option} for its own; write \`npm run ${command} -- --${option}\``, 2);
  }
}
