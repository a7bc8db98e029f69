// Removes a deployment: lists what is there, asks for its name, deletes Worker, cache and database, and says what it keeps.

import { existsSync, rmSync } from 'node:fs';

import { Refusal } from '../local/refusal.ts';
import {
  deleteDatabase,
  deleteNamespace,
  deleteWorker,
  idOf,
  listDatabases,
  listNamespaces,
  queryDatabase,
} from './account.ts';
import type { Resource, RunWrangler } from './account.ts';
import { deploymentConfiguration, isWorkersDev, readSource } from './configuration.ts';
import type { Names } from './configuration.ts';
import { filesOf, openFiles, recordedIds, writeConfiguration } from './deployment-files.ts';
import type { DeployDeps } from './deps.ts';
import { findAccount, findDeployment, useOfDatabase } from './find-deployment.ts';
import type { Found } from './find-deployment.ts';
import type { RemoveOptions } from './options.ts';
import { chooseWith, inAccount, wantedAccount } from './run-deployment.ts';

/** Lists, asks and removes. Throws Refusal if nobody agreed or a step failed; the same command finishes it. */
export async function runRemoval(options: RemoveOptions, deps: DeployDeps): Promise<void> {
  const { print } = deps;
  const ask = options.yes ? null : deps.ask;
  if (ask === null && !options.yes && !options.dryRun)
    throw new Refusal('there is no terminal to ask on: give --yes if you mean it', 2);
  const source = readSource(deps.config, options.name, options.env);
  const { names } = source;
  const files = filesOf(names.worker, deps.filesBase);
  const account = await findAccount(deps.run, wantedAccount(source, deps), ask === null ? null : chooseWith(ask, deps));
  const run = inAccount(deps.run, account);
  const found = await findDeployment(run, source, { trustsName: false, adoptsDatabase: true });
  const there = await findResources(run, names, found, recordedIds(files));
  if (!found.hasWorker && there.database === null && there.namespace === null && !existsSync(files.directory)) {
    print(`There is no deployment ${names.worker} in ${account.name}.`);
    return;
  }
  print(`Removing ${names.worker} from ${account.name} takes away, for good:`);
  for (const line of await listed(run, names, found, there, files.directory)) print(`  ${line}`);
  print('It keeps:');
  for (const line of kept(names, found)) print(`  ${line}`);
  if (there.database !== null)
    print(
      `To keep the audit events: \`npx wrangler d1 export ${there.database.name} --remote --output cambist.sql\` first.`,
    );
  if (options.dryRun) return;
  if (ask !== null && (await ask(`Type ${names.worker} to remove it: `)).trim() !== names.worker)
    throw new Refusal('nothing was removed');

  openFiles(files);
  // Without the Worker only this file tells what was its own, and a run may end in between.
  const ids = { databaseId: there.database?.id ?? null, namespaceId: there.namespace?.id ?? null };
  if (found.hasWorker) {
    const placed = { accountId: account.id, ...ids, url: found.url, mayLimit: true };
    writeConfiguration(files, deploymentConfiguration(source, placed, files.directory));
    await deleteWorker(run, names.worker);
    print(`✓ removed the Worker ${names.worker} and its secrets`);
  }
  if (there.namespace !== null) {
    await deleteNamespace(run, there.namespace.id);
    print(`✓ removed the KV namespace ${there.namespace.name}`);
  }
  if (there.database !== null) {
    await deleteDatabase(run, there.database.id);
    print(`✓ removed the D1 database ${there.database.name}`);
  }
  rmSync(files.directory, { recursive: true, force: true });
  print(`✓ removed the files in ${files.directory}`);
}

interface Resources {
  readonly database: Resource | null;
  readonly namespace: Resource | null;
}

/** What the Worker uses; without a Worker what it used by the file of an earlier removal, or what has its names. */
async function findResources(
  run: RunWrangler,
  names: Names,
  found: Found,
  recorded: ReturnType<typeof recordedIds>,
): Promise<Resources> {
  const databases = await listDatabases(run);
  const namespaces = await listNamespaces(run);
  const pick = (
    all: readonly Resource[],
    bound: string | null,
    kept: string | undefined,
    name: string,
  ): Resource | null => {
    const id = found.hasWorker ? bound : (kept ?? idOf(all, name));
    return all.find((resource) => resource.id === id) ?? null;
  };
  const database = pick(databases, found.databaseId, recorded?.database, names.database);
  // A name alone proves nothing.
  const isForeign = database !== null && !found.hasWorker && (await useOfDatabase(run, database.id)) === 'foreign';
  return {
    database: isForeign ? null : database,
    namespace: pick(namespaces, found.namespaceId, recorded?.namespace, names.namespace),
  };
}

async function listed(
  run: RunWrangler,
  names: Names,
  found: Found,
  { database, namespace }: Resources,
  directory: string,
): Promise<string[]> {
  const secrets = found.secrets.length === 0 ? 'without secrets' : `with its secrets ${found.secrets.join(', ')}`;
  return [
    ...(found.hasWorker
      ? [`Worker        ${names.worker}${found.url === null ? '' : ` at ${found.url}`}, ${secrets}`]
      : []),
    ...(database === null
      ? []
      : [`D1 database   ${database.name} (${database.id}), ${await contentsOf(run, database.id)}`]),
    ...(namespace === null ? [] : [`KV namespace  ${namespace.name} (${namespace.id}), a cache`]),
    ...(existsSync(directory) ? [`files         ${directory}: configuration and root token`] : []),
  ];
}

function kept(names: Names, found: Found): string[] {
  return [
    ...(names.bucket !== null && found.hasBucket
      ? [
          `the R2 bucket ${names.bucket} with archived audit events: \`npx wrangler r2 bucket delete ${names.bucket}\` once it is empty`,
        ]
      : []),
    `what trusts ${found.url ?? 'its issuer'}: take it out of AWS, Google, Azure, Vault, Kubernetes and your APIs first`,
    ...(found.url === null || isWorkersDev(found.url)
      ? []
      : [`your domain: see in the dashboard that no DNS record of ${new URL(found.url).hostname} is left`]),
  ];
}

async function contentsOf(run: RunWrangler, database: string): Promise<string> {
  try {
    const [row = {}] = await queryDatabase(run, database, 'SELECT count(*) AS events FROM audit_event');
    return `${String(row['events'])} audit events`;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return 'which has no audit events that can be counted';
  }
}
