// Stands in for wrangler's account commands, over an account in memory, in no time; fails on a command that it does not know. `npm run check:deploy` holds it against the real one.

import { appendFileSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

import type { RunWrangler, WranglerRun } from '../../../scripts/deploy/account.ts';
import { addDatabase, addNamespace, addressesOf, bindingsOf, databaseOf, uploadVersion } from './account.ts';
import type { Account, Binding } from './account.ts';
import { runSql } from './api.ts';

/** When the program that runs wrangler ends: around the n-th command that changes something, counted from 1. */
export interface End {
  readonly command: number;
  readonly when: 'before' | 'after';
}

export interface StandIn {
  readonly run: RunWrangler;
  /** Every command, in order. */
  readonly commands: string[];
  /** The same, but for those that only read. */
  readonly changes: string[];
  /** Throws this where `end` says, as a process that was killed does nothing more. */
  readonly killed: Error;
}

const CHANGES =
  /^(?:d1 create|d1 migrations apply|d1 delete|kv namespace create|kv namespace delete|r2 bucket create|deploy (?!--dry-run)|delete )/;

/** wrangler for this account; signed out if `account` is null. */
export function standInWrangler(account: Account | null, end: End | null = null): StandIn {
  const commands: string[] = [];
  const changes: string[] = [];
  const killed = new Error('killed');
  const run: RunWrangler = async (args, env = {}) => {
    const command = args.join(' ');
    commands.push(command);
    const isEnd = CHANGES.test(command) && changes.push(command) === end?.command;
    if (isEnd && end?.when === 'before') throw killed;
    const answer = answerTo(account, args, env);
    if (isEnd) throw killed;
    return answer;
  };
  return { run, commands, changes, killed };
}

function answerTo(
  account: Account | null,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): WranglerRun {
  const [first = '', second = '', third = ''] = args;
  if (first === 'deploy' && second === '--dry-run') return said('Total Upload: 500.28 KiB / gzip: 165.24 KiB');
  if (account === null)
    return first === 'whoami' ? refused('', '{"loggedIn":false}') : refused('You are not logged in');
  if (first === 'whoami') return json({ loggedIn: true, accounts: [{ id: account.id, name: account.name }] });
  if (env['CLOUDFLARE_ACCOUNT_ID'] !== account.id) return refused('Authentication error [code: 10000]');
  const option = (name: string): string => args[args.indexOf(`--${name}`) + 1] ?? '';
  switch (`${first} ${second}`) {
    case 'd1 list':
      return json([...account.databases].map(([uuid, { name }]) => ({ uuid, name })));
    case 'd1 create':
      if (databaseOf(account, third) !== null) return refused('A database with that name already exists');
      addDatabase(account, third);
      return said('created');
    case 'd1 execute': {
      const database = databaseOf(account, third);
      if (database === null) return refused(`Couldn't find DB with name '${third}'`);
      try {
        return json([{ success: true, results: runSql(database.db, option('command')) }]);
      } catch (error) {
        return refused(String(error));
      }
    }
    case 'd1 migrations':
      return migrate(account, option('config'));
    case 'd1 delete':
      return account.databases.delete(databaseOf(account, third)?.id ?? '') ? said('deleted') : refused('not there');
    case 'kv namespace':
      if (third === 'list') return json([...account.namespaces].map(([id, title]) => ({ id, title })));
      if (third === 'create') {
        const title = args[3] ?? '';
        if ([...account.namespaces.values()].includes(title)) return refused(`"${title}" already exists`);
        addNamespace(account, title);
        return said('created');
      }
      if (third === 'delete')
        return account.namespaces.delete(option('namespace-id')) ? said('deleted') : refused('not there');
      break;
    case 'r2 bucket':
      if (third === 'info')
        return account.buckets.has(args[3] ?? '') ? json({}) : refused('does not exist [code: 10006]');
      if (third === 'create') {
        account.buckets.add(args[3] ?? '');
        return said('created');
      }
      break;
    case 'secret list': {
      const worker = account.workers.get(option('name'));
      if (worker === undefined) return refused(`Worker "${option('name')}" not found.`);
      return json([...worker.secrets.keys()].map((name) => ({ name, type: 'secret_text' })));
    }
    case 'deployments status': {
      const latest = account.workers.get(option('name'))?.versions.at(-1);
      if (latest === undefined) return refused(`The Worker ${option('name')} has no deployments.`);
      return json({ versions: [{ version_id: latest.id, percentage: 100 }] });
    }
    case 'versions view': {
      const worker = account.workers.get(option('name'));
      return worker === undefined ? refused('no such Worker') : json({ resources: { bindings: bindingsOf(worker) } });
    }
    case 'deploy --config':
      return upload(account, args, env);
    case 'delete --name':
      return account.workers.delete(third) ? said('deleted') : refused('no such Worker');
    default:
  }
  throw new Error(`the stand-in does not know \`wrangler ${args.join(' ')}\``);
}

interface Configuration {
  readonly name: string;
  readonly workers_dev: boolean;
  readonly limits?: unknown;
  readonly keep_vars?: boolean;
  readonly routes?: readonly { readonly pattern: string; readonly custom_domain?: boolean }[];
  readonly vars: Readonly<Record<string, string>>;
  readonly d1_databases: readonly {
    readonly binding: string;
    readonly database_id: string;
    readonly migrations_dir: string;
  }[];
  readonly kv_namespaces: readonly { readonly binding: string; readonly id: string }[];
  readonly r2_buckets?: readonly { readonly binding: string; readonly bucket_name: string }[];
  readonly ratelimits: readonly { readonly name: string; readonly namespace_id: string }[];
}

function read(config: string): Configuration {
  return JSON.parse(readFileSync(config, 'utf8')) as Configuration;
}

/** Applies the files that the database has not seen, each in a transaction with its mark. */
function migrate(account: Account, config: string): WranglerRun {
  const [bound] = read(config).d1_databases;
  const database = databaseOf(account, bound?.database_id ?? '');
  if (bound === undefined || database === null) return refused('The database was not found');
  database.db.exec('CREATE TABLE IF NOT EXISTS d1_migrations (id INTEGER PRIMARY KEY, name TEXT UNIQUE) STRICT');
  const applied = new Set(
    database.db
      .prepare('SELECT name FROM d1_migrations')
      .all()
      .map((row) => row['name']),
  );
  const directory = resolve(dirname(config), bound.migrations_dir);
  for (const file of readdirSync(directory).toSorted()) {
    if (!file.endsWith('.sql') || applied.has(file)) continue;
    const mark = `INSERT INTO d1_migrations (name) VALUES ('${file}')`;
    runSql(database.db, `${readFileSync(join(directory, file), 'utf8')};\n${mark}`);
  }
  return said('applied');
}

function upload(account: Account, args: readonly string[], env: Readonly<Record<string, string>>): WranglerRun {
  const configuration = read(args[2] ?? '');
  if (configuration.limits !== undefined && account.isOnFreePlan)
    return refused('CPU limits are not supported for the Free plan. [code: 100328]');
  const secretsFile = args[3] === '--secrets-file' ? (args[4] ?? '') : null;
  const secrets = secretsFile === null ? {} : (JSON.parse(readFileSync(secretsFile, 'utf8')) as Record<string, string>);
  const list = (object: Readonly<Record<string, string>>, type: string): Binding[] =>
    Object.entries(object).map(([name, text]) => ({ type, name, text }));
  uploadVersion(account, configuration.name, {
    bindings: [
      ...list(configuration.vars, 'plain_text'),
      ...list(secrets, 'secret_text'),
      ...configuration.kv_namespaces.map(({ binding, id }) => ({
        type: 'kv_namespace',
        name: binding,
        namespace_id: id,
      })),
      ...configuration.d1_databases.map(({ binding, database_id }) => ({ type: 'd1', name: binding, id: database_id })),
      ...(configuration.r2_buckets ?? []).map(({ binding, bucket_name }) => ({
        type: 'r2_bucket',
        name: binding,
        bucket_name,
      })),
      ...configuration.ratelimits.map((limit) => ({ type: 'ratelimit', ...limit })),
    ],
    keepBindings: configuration.keep_vars === true ? ['plain_text', 'json'] : [],
  });
  const worker = account.workers.get(configuration.name);
  if (worker === undefined) throw new Error('not stored');
  if (configuration.workers_dev && account.subdomain === null)
    return refused(
      `register a workers.dev subdomain here:\nhttps://dash.cloudflare.com/${account.id}/workers/onboarding`,
    );
  worker.isOnWorkersDev = configuration.workers_dev;
  worker.domains = (configuration.routes ?? []).flatMap((route) =>
    route.custom_domain === true ? [route.pattern] : [],
  );
  const targets = addressesOf(account, configuration.name).map((address) => new URL(address).hostname);
  appendFileSync(env['WRANGLER_OUTPUT_FILE_PATH'] ?? '', `${JSON.stringify({ type: 'deploy', targets })}\n`);
  return said('deployed');
}

function said(stdout: string): WranglerRun {
  return { code: 0, stdout, stderr: '' };
}

function json(value: unknown): WranglerRun {
  return said(JSON.stringify(value, null, 2));
}

function refused(stderr: string, stdout = ''): WranglerRun {
  return { code: 1, stdout, stderr };
}
