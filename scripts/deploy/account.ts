// What deploying asks of a Cloudflare account: each question or change is one wrangler command, whose answer is read here.

import { readFileSync, rmSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';

import { Refusal } from '../local/refusal.ts';
import { SHOWN_OUTPUT_LINES } from './limits.ts';

/** How a wrangler command ended and what it printed. */
export interface WranglerRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs wrangler without a terminal; `env` is added to its environment. */
export type RunWrangler = (args: readonly string[], env?: Readonly<Record<string, string>>) => Promise<WranglerRun>;

/** An account that the signed-in person may use. */
export interface CloudflareAccount {
  readonly id: string;
  readonly name: string;
}

/** A binding of a deployed version, as the API names it. */
export interface DeployedBinding {
  readonly type: string;
  readonly name: string;
  readonly id?: string;
  readonly database_id?: string;
  readonly namespace_id?: string;
  readonly bucket_name?: string;
  readonly text?: string;
}

/** The accounts of whoever is signed in; null if nobody is. */
export async function signedInAccounts(run: RunWrangler): Promise<readonly CloudflareAccount[] | null> {
  const answer = await run(['whoami', '--json']);
  if (/"loggedIn":\s*false/.test(answer.stdout)) return null;
  if (answer.code !== 0) throw failed('Cloudflare did not say who is signed in', answer);
  return json<{ readonly accounts: readonly CloudflareAccount[] }>(answer, 'whoami').accounts;
}

/** A database or namespace of the account. */
export interface Resource {
  readonly id: string;
  readonly name: string;
}

/** The D1 databases of the account. */
export async function listDatabases(run: RunWrangler): Promise<readonly Resource[]> {
  const answer = await succeed(run, ['d1', 'list', '--json'], 'the D1 databases of the account were not listed');
  const databases = json<readonly { readonly uuid: string; readonly name: string }[]>(answer, 'd1 list');
  return databases.map(({ uuid, name }) => ({ id: uuid, name }));
}

export async function createDatabase(run: RunWrangler, name: string): Promise<void> {
  await succeed(run, ['d1', 'create', name], `the D1 database ${name} was not created`);
}

/** The KV namespaces of the account; their title is the name. */
export async function listNamespaces(run: RunWrangler): Promise<readonly Resource[]> {
  const answer = await succeed(run, ['kv', 'namespace', 'list'], 'the KV namespaces of the account were not listed');
  const namespaces = json<readonly { readonly id: string; readonly title: string }[]>(answer, 'kv namespace list');
  return namespaces.map(({ id, title }) => ({ id, name: title }));
}

/** The id of what has this name; null if nothing has. */
export function idOf(resources: readonly Resource[], name: string): string | null {
  return resources.find((resource) => resource.name === name)?.id ?? null;
}

export async function createNamespace(run: RunWrangler, title: string): Promise<void> {
  await succeed(run, ['kv', 'namespace', 'create', title], `the KV namespace ${title} was not created`);
}

/** Whether the account has this R2 bucket. */
export async function hasBucket(run: RunWrangler, name: string): Promise<boolean> {
  const answer = await run(['r2', 'bucket', 'info', name, '--json']);
  if (answer.code === 0) return true;
  if (/\b10006\b/.test(outputOf(answer))) return false;
  throw failed(`the R2 bucket ${name} was not looked up`, answer);
}

export async function createBucket(run: RunWrangler, name: string): Promise<void> {
  await succeed(run, ['r2', 'bucket', 'create', name], `the R2 bucket ${name} was not created`);
}

/** The names of the Worker's secrets; null if there is no Worker of this name. */
export async function secretNames(run: RunWrangler, worker: string): Promise<readonly string[] | null> {
  const answer = await run(['secret', 'list', '--name', worker]);
  if (answer.code === 0) {
    return json<readonly { readonly name: string }[]>(answer, 'secret list').map(({ name }) => name);
  }
  if (/Worker "[^"\n]*"[^\n]* not found/.test(outputOf(answer))) return null;
  throw failed(`the secrets of the Worker ${worker} were not listed`, answer);
}

/** The bindings and variables of the version that answers; empty if the Worker was never deployed. */
export async function deployedBindings(run: RunWrangler, worker: string): Promise<readonly DeployedBinding[]> {
  const status = await run(['deployments', 'status', '--name', worker, '--json']);
  if (status.code !== 0) {
    if (/has no deployments/i.test(outputOf(status))) return [];
    throw failed(`the deployment of the Worker ${worker} was not looked up`, status);
  }
  const { versions } = json<{
    readonly versions: readonly { readonly version_id: string; readonly percentage: number }[];
  }>(status, 'deployments status');
  const [latest] = versions.toSorted((a, b) => b.percentage - a.percentage);
  if (latest === undefined) return [];
  const view = await succeed(
    run,
    ['versions', 'view', latest.version_id, '--name', worker, '--json'],
    `the deployed version of the Worker ${worker} was not read`,
  );
  return json<{ readonly resources: { readonly bindings: readonly DeployedBinding[] } }>(view, 'versions view')
    .resources.bindings;
}

/** The rows that a statement gives in the remote database. */
export async function queryDatabase(
  run: RunWrangler,
  name: string,
  statement: string,
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const answer = await succeed(
    run,
    ['d1', 'execute', name, '--remote', '--yes', '--json', '--command', statement],
    `the D1 database ${name} was not read`,
  );
  return json<readonly { readonly results: readonly Readonly<Record<string, unknown>>[] }[]>(
    answer,
    'd1 execute',
  ).flatMap(({ results }) => results);
}

/** Applies the numbered migrations that the remote database has not seen. */
export async function applyMigrations(run: RunWrangler, config: string): Promise<void> {
  await succeed(
    run,
    ['d1', 'migrations', 'apply', 'DB', '--remote', '--config', config],
    'the schema was not applied, so nothing was deployed',
  );
}

/** Uploads and deploys the Worker; returns where wrangler says that it answers. The secrets are in a file, never in an argument. */
export async function uploadWorker(
  run: RunWrangler,
  config: string,
  secretsFile: string | null,
  outputFile: string,
): Promise<readonly string[]> {
  rmSync(outputFile, { force: true });
  try {
    await succeed(
      run,
      ['deploy', '--config', config, ...(secretsFile === null ? [] : ['--secrets-file', secretsFile])],
      'wrangler did not deploy',
      { WRANGLER_OUTPUT_FILE_PATH: outputFile },
    );
    return readFileSync(outputFile, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as { readonly type: string; readonly targets?: readonly string[] })
      .flatMap(({ type, targets }) => (type === 'deploy' ? (targets ?? []) : []));
  } finally {
    rmSync(outputFile, { force: true });
  }
}

/** Builds the Worker as it would be uploaded, and shows what of. Asks no account. */
export async function rehearseUpload(run: RunWrangler, config: string): Promise<string> {
  const answer = await succeed(run, ['deploy', '--dry-run', '--config', config], 'the Worker does not build');
  return answer.stdout;
}

export async function deleteWorker(run: RunWrangler, worker: string): Promise<void> {
  await succeed(run, ['delete', '--name', worker, '--force'], `the Worker ${worker} was not deleted`);
}

export async function deleteNamespace(run: RunWrangler, id: string): Promise<void> {
  await succeed(
    run,
    ['kv', 'namespace', 'delete', '--namespace-id', id, '--skip-confirmation'],
    `the KV namespace ${id} was not deleted`,
  );
}

export async function deleteDatabase(run: RunWrangler, name: string): Promise<void> {
  await succeed(run, ['d1', 'delete', name, '--skip-confirmation'], `the D1 database ${name} was not deleted`);
}

async function succeed(
  run: RunWrangler,
  args: readonly string[],
  otherwise: string,
  env?: Readonly<Record<string, string>>,
): Promise<WranglerRun> {
  const answer = await run(args, env);
  if (answer.code !== 0) throw failed(otherwise, answer);
  return answer;
}

/** A refusal with the beginning of wrangler's own words, errors first, since they say what to do at Cloudflare. */
function failed(what: string, answer: WranglerRun): Refusal {
  const lines = outputOf(answer)
    .split('\n')
    .filter((line) => line.trim() !== '');
  const said = lines.slice(0, SHOWN_OUTPUT_LINES).join('\n');
  const hint = /workers\/onboarding/.test(said)
    ? '\nThe account has no workers.dev name yet: make one at the address above, or give --url with a domain of yours.'
    : '';
  return new Refusal(`${what}; wrangler says:\n${said}${hint}`);
}

function outputOf({ stdout, stderr }: WranglerRun): string {
  return stripVTControlCharacters(`${stderr}\n${stdout}`).trim();
}

/** What a command printed as JSON, after whatever notes it put before it. */
function json<T>({ stdout }: WranglerRun, command: string): T {
  try {
    return JSON.parse(stdout.slice(Math.max(0, stdout.search(/^[[{]/m)))) as T;
  } catch {
    throw new Refusal(
      `\`wrangler ${command}\` answered no JSON; is it wrangler 4.155 or newer (\`npx wrangler --version\`)?`,
    );
  }
}
