// The directory of one deployment in this clone, kept out of git: its wrangler configuration and its root token. Secrets for wrangler stand there for a moment.

import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { ROOT } from '../local/bundle.ts';
import { writePrivately } from '../local/state-dir.ts';

/** Where what belongs to a deployment is kept. */
export interface DeploymentFiles {
  /** Absolute; only its owner may enter. */
  readonly directory: string;
  readonly config: string;
  readonly adminToken: string;
  /** What wrangler writes of a deployment, read and deleted at once. */
  readonly output: string;
}

const SECRETS = /^secrets\..*\.json(?:\..*)?$/;

/** The files of the Worker's deployment; `base` is `.deployments` of the repository unless given. Creates nothing. */
export function filesOf(worker: string, base: string = join(ROOT, '.deployments')): DeploymentFiles {
  const directory = join(base, worker);
  return {
    directory,
    config: join(directory, 'wrangler.json'),
    adminToken: join(directory, 'admin-token'),
    output: join(directory, 'output.ndjson'),
  };
}

/** Makes the directory, and deletes the secrets that a run left behind because it was killed. */
export function openFiles(files: DeploymentFiles): void {
  mkdirSync(files.directory, { recursive: true, mode: 0o700 });
  chmodSync(files.directory, 0o700);
  for (const file of readdirSync(files.directory))
    if (SECRETS.test(file)) rmSync(join(files.directory, file), { force: true });
}

/** Writes the configuration whole or not at all. */
export function writeConfiguration(files: DeploymentFiles, configuration: unknown): void {
  writePrivately(files.config, `${JSON.stringify(configuration, null, 2)}\n`);
}

/** The ids of the configuration that the last run wrote; null if there is none. */
export function recordedIds(files: DeploymentFiles): { readonly database: string; readonly namespace: string } | null {
  try {
    const { d1_databases, kv_namespaces } = JSON.parse(readFileSync(files.config, 'utf8')) as {
      readonly d1_databases: readonly { readonly binding: string; readonly database_id: string }[];
      readonly kv_namespaces: readonly { readonly binding: string; readonly id: string }[];
    };
    const database = d1_databases.find(({ binding }) => binding === 'DB')?.database_id;
    const namespace = kv_namespaces.find(({ binding }) => binding === 'CACHE')?.id;
    return database === undefined || namespace === undefined ? null : { database, namespace };
  } catch {
    return null;
  }
}

/** The root token that an earlier run made; null if it made none here. */
export function keptAdminToken(files: DeploymentFiles): string | null {
  return existsSync(files.adminToken) ? readFileSync(files.adminToken, 'utf8').trim() : null;
}

/** Runs `use` with a file of these secrets that only its owner can read, and deletes it whatever happens. */
export async function withSecretsFile<T>(
  files: DeploymentFiles,
  secrets: Readonly<Record<string, string>>,
  use: (file: string | null) => Promise<T>,
): Promise<T> {
  if (Object.keys(secrets).length === 0) return await use(null);
  const file = join(files.directory, `secrets.${process.pid}.json`);
  const remove = (): void => rmSync(file, { force: true });
  const interrupted = (): void => process.exit(130);
  process.on('exit', remove);
  for (const signal of SIGNALS) process.on(signal, interrupted);
  try {
    // JSON, since wrangler expands variables in the other form that it takes.
    writePrivately(file, JSON.stringify(secrets));
    return await use(file);
  } finally {
    remove();
    process.off('exit', remove);
    for (const signal of SIGNALS) process.off(signal, interrupted);
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
