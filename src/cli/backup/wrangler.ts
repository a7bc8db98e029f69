// Runs wrangler of the clone on the deployment's D1 database, or on the one that `npm start` keeps in a directory. Knows no table.

import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { util } from '../builtin.ts';

import type { CommandContext } from '../command.ts';
import { CliFailure, usageFailure } from '../failure.ts';
import { LOCAL_DATABASE } from './local-database.ts';
import { withPrivateDirectory } from './private-directory.ts';

/** How wrangler says that it has neither a sign-in nor a token. */
const SIGNED_OUT = /necessary to set a CLOUDFLARE_API_TOKEN|you are not (?:logged in|authenticated)/i;

export interface Wrangler {
  /** The folder of the deployment's migrations. */
  readonly migrations: string;
  /** A directory that only this user can read, and that is gone at the end. */
  readonly privateDirectory: string;
  /** Runs `wrangler d1 …` on the database. Throws a CliFailure with wrangler's own words. */
  readonly d1: (command: readonly string[], options?: readonly string[]) => Promise<string>;
}

/** Does `work` with wrangler on the database that the options name. */
export async function withWrangler<T>(context: CommandContext, work: (wrangler: Wrangler) => Promise<T>): Promise<T> {
  const stateDirectory = context.options.text('state-dir');
  const config = configOf(context.options.text('config'), stateDirectory !== undefined);
  const clone = cloneOf(config);
  return await withPrivateDirectory('cambist-database-', async (privateDirectory) => {
    const place =
      stateDirectory === undefined
        ? ['--remote', '--config', config]
        : ['--local', '--config', await localConfig(config, stateDirectory, privateDirectory)];
    return await work({
      migrations: join(clone, 'migrations'),
      privateDirectory,
      d1: async ([verb = '', ...rest], more = []) => await run(['d1', verb, ...rest, ...place, ...more], clone),
    });
  });
}

/** The configuration to use, absolute. A deployment has its own, which `npm run deploy` wrote; several are not guessed between. */
function configOf(named: string | undefined, isLocal: boolean): string {
  const file = named ?? (isLocal ? 'wrangler.toml' : ofOnlyDeployment()) ?? 'wrangler.toml';
  if (existsSync(file)) return resolve(file);
  throw usageFailure(
    `There is no ${file} here.`,
    'Run it in the clone that the deployment was made from, or name the file with --config.',
  );
}

function ofOnlyDeployment(): string | undefined {
  const folder = '.deployments';
  const files = existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name, 'wrangler.json')) : [];
  const [first, ...others] = files.filter((file) => existsSync(file));
  if (others.length === 0) return first;
  throw usageFailure(
    'There are several deployments here.',
    `Name one: --config ${[first, ...others].join(' or --config ')}`,
  );
}

/** The clone that a configuration belongs to: the nearest folder above it that has migrations. */
function cloneOf(config: string): string {
  for (let folder = dirname(config); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'migrations'))) return folder;
    if (folder === dirname(folder))
      throw usageFailure(
        `${config} belongs to no clone of Cambist.`,
        'Run it in the clone that the deployment was made from.',
      );
  }
}

/** A configuration beside a link to the database of `npm start`: `wrangler d1 export` takes no directory of its own. */
async function localConfig(config: string, stateDirectory: string, directory: string): Promise<string> {
  const storage = resolve(stateDirectory, 'storage', 'd1');
  if (!existsSync(storage))
    throw usageFailure(
      `${stateDirectory} has no database.`,
      '--state-dir is the STATE_DIR of `npm start`, which makes one when it starts.',
    );
  await refuseRunning(stateDirectory);
  await mkdir(join(directory, '.wrangler', 'state', 'v3'), { recursive: true });
  await symlink(storage, join(directory, '.wrangler', 'state', 'v3', 'd1'));
  await symlink(join(cloneOf(config), 'migrations'), join(directory, 'migrations'));
  const local = join(directory, 'wrangler.json');
  const database = {
    binding: 'DB',
    database_name: 'cambist',
    database_id: LOCAL_DATABASE,
    migrations_dir: 'migrations',
  };
  await writeFile(
    local,
    JSON.stringify({ name: 'cambist', compatibility_date: '2026-10-20', d1_databases: [database] }),
  );
  return local;
}

/** `npm start` holds a lock of the operating system while it runs; two that write one file would damage it. */
async function refuseRunning(stateDirectory: string): Promise<void> {
  const { DatabaseSync } = await import('node:sqlite');
  const lock = new DatabaseSync(resolve(stateDirectory, 'lock.sqlite'));
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch {
    throw usageFailure(`${stateDirectory} is in use.`, 'Stop `npm start` first.');
  } finally {
    lock.close();
  }
}

async function run(args: readonly string[], cwd: string): Promise<string> {
  const child = spawn('npx', ['--no-install', 'wrangler', ...args], {
    cwd,
    stdio: ['inherit', 'pipe', 'pipe'],
    env: {
      ...process.env,
      WRANGLER_HIDE_BANNER: 'true',
      WRANGLER_SEND_METRICS: 'false',
      WRANGLER_WRITE_LOGS: 'false',
      NO_COLOR: '1',
    },
  });
  // Whoever ends this command ends what it started, which would write into a directory that is gone.
  const endToo = (): void => void child.kill();
  process.on('exit', endToo);
  const chunks: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  const code = await new Promise<number>((done, fail) => {
    child.once('error', fail);
    child.once('close', (status) => done(status ?? 1));
  }).catch(() => 127);
  process.off('exit', endToo);
  const said = Buffer.concat(chunks).toString('utf8').trim();
  if (code === 0) return said;
  throw wranglerFailure(args, code, util().stripVTControlCharacters(said));
}

/** What wrangler's failure means, with its own words line by line. */
function wranglerFailure(args: readonly string[], code: number, said: string): CliFailure {
  if (SIGNED_OUT.test(said))
    return new CliFailure('Nobody is signed in to Cloudflare.', {
      code: 'signed_out',
      next: 'Run `npx wrangler login`, or set CLOUDFLARE_API_TOKEN. For the database of `npm start`, pass --state-dir.',
    });
  const lines = said.split('\n').filter((line) => line.trim() !== '');
  return new CliFailure(`\`wrangler ${args.slice(0, 3).join(' ')}\` failed.`, {
    code: 'wrangler_failed',
    next: code === 127 ? 'Run `npm ci` in the clone first.' : `It said:\n${lines.join('\n')}`,
  });
}
