// Finds what an account already has of a deployment, and refuses what belongs to somebody else. Changes nothing.

import { Refusal } from '../local/refusal.ts';
import {
  deployedBindings,
  hasBucket,
  idOf,
  listDatabases,
  listNamespaces,
  queryDatabase,
  secretNames,
  signedInAccounts,
} from './account.ts';
import type { CloudflareAccount, DeployedBinding, RunWrangler } from './account.ts';
import type { Source } from './configuration.ts';
import { SECRETS } from './secrets.ts';

/** What is there; every id is null if the thing is not. */
export interface Found {
  /** Whether there is a Worker of this name, deployed or only holding secrets. */
  readonly hasWorker: boolean;
  readonly secrets: readonly string[];
  /** The ISSUER_URL that is deployed; null if none is, or one that the Worker would refuse. */
  readonly url: string | null;
  readonly databaseId: string | null;
  readonly namespaceId: string | null;
  readonly hasBucket: boolean;
}

/** The account to deploy to; `choose` is asked if there are several. Throws Refusal if nobody is signed in. */
export async function findAccount(
  run: RunWrangler,
  wanted: string | null,
  choose: ((accounts: readonly CloudflareAccount[]) => Promise<CloudflareAccount>) | null,
): Promise<CloudflareAccount> {
  const accounts = await signedInAccounts(run);
  if (accounts === null)
    throw new Refusal('nobody is signed in to Cloudflare: run `npx wrangler login`, or set CLOUDFLARE_API_TOKEN');
  if (wanted !== null) return accounts.find(({ id }) => id === wanted) ?? { id: wanted, name: wanted };
  const [only, ...others] = accounts;
  if (only === undefined)
    throw new Refusal('the sign-in reaches no account: set CLOUDFLARE_ACCOUNT_ID, or sign in anew');
  if (others.length === 0) return only;
  if (choose !== null) return await choose(accounts);
  const listed = accounts.map(({ id, name }) => `  ${id}  ${name}`).join('\n');
  throw new Refusal(`the sign-in reaches several accounts: set CLOUDFLARE_ACCOUNT_ID to one of them:\n${listed}`, 2);
}

/** What the account has under the names of this deployment. Throws Refusal if one of them is taken by something else. */
export async function findDeployment(
  run: RunWrangler,
  source: Source,
  { trustsName, adoptsDatabase }: { readonly trustsName: boolean; readonly adoptsDatabase: boolean },
): Promise<Found> {
  const { names } = source;
  const secrets = await secretNames(run, names.worker);
  const bindings = secrets === null ? [] : await deployedBindings(run, names.worker);
  if (secrets !== null && !trustsName) refuseForeignWorker(names.worker, secrets, bindings);

  const database = bindings.find(({ type, name }) => type === 'd1' && name === 'DB');
  const boundDatabase = database?.database_id ?? database?.id ?? null;
  if (boundDatabase !== null && source.databaseId !== null && boundDatabase !== source.databaseId)
    throw new Refusal(
      `${source.path} names the database ${source.databaseId}, but the deployed Worker ${names.worker} uses ${boundDatabase}: remove database_id from the file`,
    );
  const databaseId = boundDatabase ?? source.databaseId ?? idOf(await listDatabases(run), names.database);
  if (databaseId !== null && boundDatabase === null && !adoptsDatabase) {
    await refuseForeignDatabase(run, source.databaseId ?? names.database, names.worker);
  }
  const boundNamespace = bindings.find(({ type, name }) => type === 'kv_namespace' && name === 'CACHE')?.namespace_id;
  return {
    hasWorker: secrets !== null,
    secrets: secrets ?? [],
    url: deployedUrl(bindings),
    databaseId,
    namespaceId: boundNamespace ?? source.namespaceId ?? idOf(await listNamespaces(run), names.namespace),
    hasBucket: names.bucket !== null && (await hasBucket(run, names.bucket)),
  };
}

function deployedUrl(bindings: readonly DeployedBinding[]): string | null {
  const text = bindings.find(({ type, name }) => type === 'plain_text' && name === 'ISSUER_URL')?.text ?? '';
  return URL.canParse(text) && text.startsWith('https://') && new URL(text).origin === text ? text : null;
}

/** A Worker is ours if it has our bindings, or nothing yet but secrets of ours, as `wrangler secret put` leaves one. */
function refuseForeignWorker(worker: string, secrets: readonly string[], bindings: readonly DeployedBinding[]): void {
  const has = (type: string, name: string): boolean =>
    bindings.some((binding) => binding.type === type && binding.name === name);
  const others = bindings.filter(({ type }) => type !== 'secret_text');
  const holdsOurSecrets = secrets.length > 0 && secrets.every((name) => SECRETS.some((ours) => ours === name));
  if ((has('d1', 'DB') && has('kv_namespace', 'CACHE')) || (others.length === 0 && holdsOurSecrets)) return;
  throw new Refusal(
    `the name ${worker} is taken: the account has a Worker of this name that is not Cambist; choose another with --name`,
  );
}

async function refuseForeignDatabase(run: RunWrangler, name: string, worker: string): Promise<void> {
  const use = await useOfDatabase(run, name);
  if (use === 'foreign')
    throw new Refusal(`the database ${name} holds tables that are not Cambist's; choose another name with --name`);
  if (use === 'free') return;
  throw new Refusal(
    `the database ${name} belongs to another deployment (${use.accounts} service accounts, ${use.events} audit events), and no Worker ${worker} uses it; ` +
      'choose another name with --name, or take it over with --adopt-database and the SEALING_KEY of that deployment in the environment',
  );
}

/** Free is a database that is empty, or that has the tables of a run that ended early and nothing in them. */
export async function useOfDatabase(
  run: RunWrangler,
  name: string,
): Promise<'free' | 'foreign' | { readonly accounts: number; readonly events: number }> {
  const rows = await queryDatabase(run, name, "SELECT name FROM sqlite_schema WHERE type = 'table'");
  const tables = rows
    .map((row) => String(row['name']))
    .filter((table) => !/^(?:sqlite_|_cf_|d1_migrations$)/.test(table));
  if (tables.length === 0) return 'free';
  if (!['organisation', 'service_account', 'audit_event', 'signing_key'].every((table) => tables.includes(table)))
    return 'foreign';
  const [counts = {}] = await queryDatabase(
    run,
    name,
    'SELECT (SELECT count(*) FROM service_account) AS accounts, (SELECT count(*) FROM audit_event) AS events, (SELECT count(*) FROM signing_key) AS keys',
  );
  const { accounts, events, keys } = counts;
  return [accounts, events, keys].every((count) => count === 0)
    ? 'free'
    : { accounts: Number(accounts), events: Number(events) };
}
