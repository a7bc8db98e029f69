// A Cloudflare account in memory, as far as deploying and removing need one: Workers with versions and secrets, D1 on SQLite, KV, R2, custom domains.

import { randomUUID } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';

export type Binding = { readonly type: string; readonly name: string } & Readonly<Record<string, unknown>>;

/** A Worker of the account; `secrets` are what a real account never shows again. */
export interface StoredWorker {
  readonly secrets: Map<string, string>;
  readonly versions: { readonly id: string; readonly bindings: readonly Binding[] }[];
  isOnWorkersDev: boolean;
  domains: string[];
}

export interface Account {
  readonly id: string;
  readonly name: string;
  /** Null if the account has not chosen its workers.dev name. */
  subdomain: string | null;
  /** The Workers Free plan takes no `[limits]`. */
  isOnFreePlan: boolean;
  readonly databases: Map<string, { readonly name: string; readonly db: DatabaseSync }>;
  /** Title by id. */
  readonly namespaces: Map<string, string>;
  readonly buckets: Set<string>;
  readonly workers: Map<string, StoredWorker>;
}

/** What an upload says of the Worker. */
export interface Uploaded {
  readonly bindings: readonly Binding[];
  readonly keepBindings: readonly string[];
}

/** An account with nothing in it. */
export function createAccount(id = 'a'.repeat(32), name = 'Acme'): Account {
  return {
    id,
    name,
    subdomain: 'acme',
    isOnFreePlan: false,
    databases: new Map(),
    namespaces: new Map(),
    buckets: new Set(),
    workers: new Map(),
  };
}

/** The id and the database with this id or name. */
export function databaseOf(account: Account, idOrName: string): { id: string; name: string; db: DatabaseSync } | null {
  for (const [id, { name, db }] of account.databases) if (id === idOrName || name === idOrName) return { id, name, db };
  return null;
}

export function addDatabase(account: Account, name: string): string {
  const id = randomUUID();
  account.databases.set(id, { name, db: new DatabaseSync(':memory:') });
  return id;
}

export function addNamespace(account: Account, title: string): string {
  const id = randomUUID().replaceAll('-', '');
  account.namespaces.set(id, title);
  return id;
}

/** Stores a version: secrets are taken out of its bindings, and those that it does not name stay (keep_bindings). */
export function uploadVersion(account: Account, worker: string, { bindings, keepBindings }: Uploaded): string {
  const before = account.workers.get(worker);
  const stored: StoredWorker = before ?? { secrets: new Map(), versions: [], isOnWorkersDev: false, domains: [] };
  const named = new Set(bindings.map(({ name }) => name));
  const kept = (stored.versions.at(-1)?.bindings ?? []).filter(
    ({ name, type }) => !named.has(name) && keepBindings.includes(type),
  );
  for (const binding of bindings)
    if (binding.type === 'secret_text') stored.secrets.set(binding.name, String(binding['text']));
  const plain = [
    ...bindings.filter(({ type }) => type !== 'secret_text'),
    ...kept.filter(({ type }) => type !== 'secret_text'),
  ];
  for (const binding of plain) assertBound(account, binding);
  const id = randomUUID();
  stored.versions.push({ id, bindings: plain });
  account.workers.set(worker, stored);
  return id;
}

/** The bindings of the version that answers, secrets by name alone. */
export function bindingsOf(worker: StoredWorker): readonly Binding[] {
  const secrets = [...worker.secrets.keys()].map((name) => ({ type: 'secret_text', name }));
  return [...(worker.versions.at(-1)?.bindings ?? []), ...secrets];
}

/** The variable of the version that answers; undefined if it has none of this name. */
export function variableOf(account: Account, worker: string, name: string): unknown {
  return account.workers
    .get(worker)
    ?.versions.at(-1)
    ?.bindings.find((binding) => binding.type === 'plain_text' && binding.name === name)?.['text'];
}

/** The addresses at which a Worker answers. */
export function addressesOf(account: Account, worker: string): string[] {
  const stored = account.workers.get(worker);
  if (stored === undefined) return [];
  return [
    ...(stored.isOnWorkersDev && account.subdomain !== null
      ? [`https://${worker}.${account.subdomain}.workers.dev`]
      : []),
    ...stored.domains.map((domain) => `https://${domain}`),
  ];
}

function assertBound(account: Account, binding: Binding): void {
  const id = String(binding['id'] ?? binding['database_id'] ?? binding['namespace_id'] ?? '');
  if (binding.type === 'd1' && !account.databases.has(id)) throw new Error(`no database ${id}`);
  if (binding.type === 'kv_namespace' && !account.namespaces.has(id)) throw new Error(`no namespace ${id}`);
  if (binding.type === 'r2_bucket' && !account.buckets.has(String(binding['bucket_name'])))
    throw new Error(`no bucket ${String(binding['bucket_name'])}`);
}
