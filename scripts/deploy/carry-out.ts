// Carries a plan out: creates what is missing, applies the schema, uploads the Worker with its missing secrets, pins its address.

import { Refusal } from '../local/refusal.ts';
import { writePrivately } from '../local/state-dir.ts';
import {
  applyMigrations,
  createBucket,
  createDatabase,
  createNamespace,
  idOf,
  listDatabases,
  listNamespaces,
  uploadWorker,
} from './account.ts';
import type { CloudflareAccount, RunWrangler } from './account.ts';
import { deploymentConfiguration, isWorkersDev } from './configuration.ts';
import type { Placed, Source } from './configuration.ts';
import { withSecretsFile, writeConfiguration } from './deployment-files.ts';
import type { DeploymentFiles } from './deployment-files.ts';
import type { DeployDeps } from './deps.ts';
import type { Found } from './find-deployment.ts';
import { readOrigin } from './options.ts';
import type { MissingSecret } from './secrets.ts';

/** Creates what is not there yet. Returns where everything is. Throws Refusal. */
export async function provision(
  run: RunWrangler,
  { names }: Source,
  found: Found,
  account: CloudflareAccount,
  print: DeployDeps['print'],
): Promise<Placed> {
  let { databaseId, namespaceId } = found;
  if (databaseId === null) {
    await createDatabase(run, names.database);
    databaseId = idOf(await listDatabases(run), names.database);
    print(`✓ database   created the D1 database ${names.database}`);
  }
  if (namespaceId === null) {
    await createNamespace(run, names.namespace);
    namespaceId = idOf(await listNamespaces(run), names.namespace);
    print(`✓ cache      created the KV namespace ${names.namespace}`);
  }
  if (names.bucket !== null && !found.hasBucket) {
    await createBucket(run, names.bucket);
    print(`✓ archive    created the R2 bucket ${names.bucket}`);
  }
  if (databaseId === null || namespaceId === null)
    throw new Refusal('what was just created is not listed yet: run the same command again');
  return { accountId: account.id, databaseId, namespaceId, url: found.url, mayLimit: true };
}

/** Cloudflare's code for `[limits]` on the Workers Free plan. */
const LIMITS_REFUSED = '[code: 100328]';

/** What an upload is made of. */
export interface Upload {
  readonly run: RunWrangler;
  readonly source: Source;
  readonly files: DeploymentFiles;
  readonly found: Found;
  readonly placed: Placed;
  readonly url: string | null;
  readonly secrets: readonly MissingSecret[];
  readonly print: DeployDeps['print'];
}

/** Applies the schema, uploads the Worker with its missing secrets, pins its address. Returns the address. */
export async function upload({ run, source, files, found, placed, url, secrets, print }: Upload): Promise<string> {
  // A workers.dev address that was never deployed counts once wrangler has reported it: nothing is signed before.
  const isKnown = url !== null && (url === found.url || !isWorkersDev(url));
  let known: Placed = { ...placed, url: isKnown ? url : null };
  const configure = (more: Partial<Placed>): void => {
    known = { ...known, ...more };
    writeConfiguration(files, deploymentConfiguration(source, known, files.directory));
  };
  const send = async (secretsFile: string | null): Promise<readonly string[]> => {
    try {
      return await uploadWorker(run, files.config, secretsFile, files.output);
    } catch (error) {
      if (!known.mayLimit || !(error instanceof Refusal) || !error.message.includes(LIMITS_REFUSED)) throw error;
      configure({ mayLimit: false });
      print('– limits     left out: the Workers Free plan has its own');
      return await uploadWorker(run, files.config, secretsFile, files.output);
    }
  };
  configure({});
  await applyMigrations(run, files.config);
  print('✓ schema     is that of this version');

  const token = secrets.find(({ name }) => name === 'ADMIN_TOKEN');
  // Before the upload: a token that no file holds would be lost if this run ended between the two.
  if (token !== undefined && token.from === 'made') writePrivately(files.adminToken, token.value);
  const values = Object.fromEntries(secrets.map(({ name, value }) => [name, value]));
  const targets = await withSecretsFile(files, values, send);
  print(
    `✓ upload     ${source.names.worker}${secrets.length === 0 ? '' : ` with ${secrets.map(({ name }) => name).join(', ')}`}`,
  );
  if (isKnown) return url;

  const host = targets
    .map((target) => target.replace(/^https:\/\//, ''))
    .find((target) => target.endsWith('.workers.dev'));
  if (host === undefined)
    throw new Refusal('wrangler reported no workers.dev address, so nothing is signed yet: give --url');
  const address = readOrigin(`https://${host}`, 'the address that wrangler reported');
  if (url !== null && url !== address)
    throw new Refusal(
      `the Worker answers at ${address}, not at ${url}, so nothing is signed yet: give --url ${address}`,
    );
  configure({ url: address });
  await send(null);
  print(`✓ address    ${address} is its ISSUER_URL from now on`);
  return address;
}
