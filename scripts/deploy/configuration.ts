// Makes the wrangler configuration of one deployment from wrangler.toml: its own names and ids, its address, one environment. Asks no account.

import { createHash } from 'node:crypto';
import { dirname, relative, resolve } from 'node:path';

import { experimental_readRawConfig as readRawConfig } from 'wrangler';

import { Refusal } from '../local/refusal.ts';
import { readName, readOrigin } from './options.ts';

type Members = Readonly<Record<string, unknown>>;

/** What a deployment is called; everything of it is found again by these names. */
export interface Names {
  readonly worker: string;
  readonly database: string;
  readonly namespace: string;
  /** Null if wrangler.toml has no ARCHIVE. */
  readonly bucket: string | null;
}

/** wrangler.toml as one environment of it sees it. */
export interface Source {
  readonly names: Names;
  /** The ISSUER_URL that it says, or that of its custom domain; null if neither is there. */
  readonly url: string | null;
  /** Ids that somebody wrote into it; Cloudflare's button does. */
  readonly databaseId: string | null;
  readonly namespaceId: string | null;
  readonly accountId: string | null;
  readonly path: string;
  /** Flat: the environment's members instead of those of the same name at the top. */
  readonly members: Members;
}

/** What is known of a deployment when it is uploaded. */
export interface Placed {
  readonly accountId: string | null;
  readonly databaseId: string | null;
  readonly namespaceId: string | null;
  /** Null until wrangler has reported the workers.dev address. */
  readonly url: string | null;
  /** False on the Workers Free plan, which refuses `[limits]` since it has its own. */
  readonly mayLimit: boolean;
}

/** Reads wrangler.toml for the Worker of this name and environment. Throws Refusal. */
export function readSource(path: string, name: string | null, env: string | null): Source {
  const raw = readMembers(path);
  const { env: environments, ...top } = raw;
  const own = env === null ? undefined : (environments as Readonly<Record<string, Members>> | undefined)?.[env];
  const base = readName(name ?? text(top['name']) ?? '', `name in ${path}`);
  const worker =
    env === null
      ? base
      : readName(typeof own?.['name'] === 'string' && name === null ? own['name'] : `${base}-${env}`, 'the name');
  // Another Worker must not share what the top level names: not its address, its ids, its counters.
  const isFirst = worker === top['name'];
  const members: Members = {
    ...(isFirst ? top : separate(top, worker)),
    ...own,
    vars: { ...(isFirst ? vars(top) : { ...vars(top), ISSUER_URL: '' }), ...vars(own ?? {}) },
  };
  const database = binding(members, 'd1_databases', 'DB');
  const namespace = binding(members, 'kv_namespaces', 'CACHE');
  const bucket = binding(members, 'r2_buckets', 'ARCHIVE');
  if (database === null || namespace === null)
    throw new Refusal(`${path} must bind a D1 database as DB and a KV namespace as CACHE`);
  return {
    names: {
      worker,
      database: text(database['database_name']) ?? worker,
      namespace: `${worker}-cache`,
      bucket: bucket === null ? null : (text(bucket['bucket_name']) ?? `${worker}-archive`),
    },
    url: sourceUrl(members, path),
    databaseId: text(database['database_id']),
    namespaceId: text(namespace['id']),
    accountId: text(members['account_id']),
    path,
    members,
  };
}

/** The file as it stands. Throws Refusal if it is missing or cannot be parsed. */
function readMembers(path: string): Members {
  try {
    return { ...readRawConfig({ config: path }).rawConfig };
  } catch (error) {
    // wrangler's error has the reason in a note when there is no such file, and in `text` when it cannot be parsed.
    const { text: fault, notes } = error as { readonly text?: unknown; readonly notes?: readonly { text?: unknown }[] };
    if (typeof fault !== 'string') throw error;
    throw new Refusal(`${path} cannot be read: ${String(notes?.[0]?.text ?? fault)}`, 2);
  }
}

/** The configuration to deploy with, to be written as JSON into `directory`. */
export function deploymentConfiguration(source: Source, placed: Placed, directory: string): Members {
  const { names } = source;
  const { limits, ...unlimited } = source.members;
  const members = placed.mayLimit && limits !== undefined ? { ...unlimited, limits } : unlimited;
  const fromHere = (path: unknown): string =>
    relative(directory, resolve(dirname(source.path), String(path))).replaceAll('\\', '/');
  const { ISSUER_URL: _, ...variables } = vars(members);
  const hasWorkersDevAddress = placed.url === null || isWorkersDev(placed.url);
  return {
    ...members,
    name: names.worker,
    main: fromHere(members['main']),
    ...(placed.accountId === null ? {} : { account_id: placed.accountId }),
    // Answering under two names would make two services of one issuer.
    workers_dev: hasWorkersDevAddress,
    ...routes(members, placed.url),
    vars: { ...variables, ...(placed.url === null ? {} : { ISSUER_URL: placed.url }) },
    d1_databases: replaced(members, 'd1_databases', 'DB', {
      database_name: names.database,
      migrations_dir: fromHere(binding(members, 'd1_databases', 'DB')?.['migrations_dir'] ?? 'migrations'),
      ...(placed.databaseId === null ? {} : { database_id: placed.databaseId }),
    }),
    kv_namespaces: replaced(
      members,
      'kv_namespaces',
      'CACHE',
      placed.namespaceId === null ? {} : { id: placed.namespaceId },
    ),
    ...(names.bucket === null
      ? {}
      : { r2_buckets: replaced(members, 'r2_buckets', 'ARCHIVE', { bucket_name: names.bucket }) }),
  };
}

/** Whether Cloudflare gives this address to a Worker by its name. */
export function isWorkersDev(url: string): boolean {
  return new URL(url).hostname.endsWith('.workers.dev');
}

/** The top level without what belongs to the first deployment alone. */
function separate(top: Members, worker: string): Members {
  const { routes: _, route: __, ...rest } = top;
  const without = (list: string, ...keys: readonly string[]): Members =>
    Array.isArray(top[list])
      ? {
          [list]: entries(top, list).map((entry) =>
            Object.fromEntries(Object.entries(entry).filter(([key]) => !keys.includes(key))),
          ),
        }
      : {};
  return {
    ...rest,
    ...without('d1_databases', 'database_name', 'database_id'),
    ...without('kv_namespaces', 'id'),
    ...without('r2_buckets', 'bucket_name'),
    // Equal ids are one counter in the whole account.
    ...(Array.isArray(top['ratelimits'])
      ? { ratelimits: entries(top, 'ratelimits').map((entry) => ({ ...entry, namespace_id: counterOf(worker) })) }
      : {}),
  };
}

function counterOf(worker: string): string {
  return String(createHash('sha256').update(worker).digest().readUInt32BE() % 2 ** 31);
}

function sourceUrl(members: Members, path: string): string | null {
  const said = text(vars(members)['ISSUER_URL']);
  if (said !== null) return readOrigin(said, `ISSUER_URL in ${path}`);
  const domain = patterns(members).find(({ custom_domain: isCustom }) => isCustom === true)?.['pattern'];
  return typeof domain === 'string' ? readOrigin(`https://${domain}`, `the custom domain in ${path}`) : null;
}

/** The custom domain of the address, unless a route already leads there. */
function routes(members: Members, url: string | null): Members {
  if (url === null || isWorkersDev(url)) return {};
  const { hostname } = new URL(url);
  const leadsThere = patterns(members).some(({ pattern }) => String(pattern).split('/')[0] === hostname);
  return leadsThere ? {} : { routes: [...patterns(members), { pattern: hostname, custom_domain: true }] };
}

function patterns(members: Members): readonly Members[] {
  const listed = [...(Array.isArray(members['routes']) ? (members['routes'] as unknown[]) : []), members['route']];
  return listed
    .filter((route) => route !== undefined)
    .map((route) => (typeof route === 'string' ? { pattern: route } : (route as Members)));
}

function replaced(members: Members, list: string, name: string, own: Members): readonly Members[] {
  return entries(members, list).map((entry) => (entry['binding'] === name ? { ...entry, ...own } : entry));
}

function binding(members: Members, list: string, name: string): Members | null {
  return entries(members, list).find((entry) => entry['binding'] === name) ?? null;
}

function entries(members: Members, list: string): readonly Members[] {
  return Array.isArray(members[list]) ? (members[list] as readonly Members[]) : [];
}

function vars(members: Members): Readonly<Record<string, unknown>> {
  return (members['vars'] as Members | undefined) ?? {};
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
