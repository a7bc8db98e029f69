// `npm run remove` (contract §8, removal): lists, asks for the name, removes one deployment and nothing else, and finishes what was stopped.

import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { afterEach, describe, expect, it } from 'vitest';

import { addDatabase, addNamespace, createAccount, databaseOf, uploadVersion } from '../support/cloudflare/account.ts';
import type { Account } from '../support/cloudflare/account.ts';
import { deploy, remove } from '../support/cloudflare/deployment-run.ts';
import { standInWrangler } from '../support/cloudflare/stand-in-wrangler.ts';
import { endAll, temporaryDirectory } from '../support/local-process.ts';

afterEach(endAll);

/** An account with the first deployment, a staging one, and things of somebody else. */
async function twoDeployments(): Promise<{ account: Account; directory: string }> {
  const account = createAccount();
  const directory = temporaryDirectory();
  await deploy(account, standInWrangler(account).run, ['--yes'], { directory });
  await deploy(account, standInWrangler(account).run, ['--yes', '--env', 'staging'], { directory });
  addDatabase(account, 'customers');
  addNamespace(account, 'sessions');
  uploadVersion(account, 'website', { bindings: [], keepBindings: [] });
  return { account, directory };
}

function left(account: Account): unknown {
  return {
    workers: [...account.workers.keys()].toSorted(),
    databases: [...account.databases.values()].map(({ name }) => name).toSorted(),
    namespaces: [...account.namespaces.values()].toSorted(),
  };
}

const WITHOUT_THE_FIRST = {
  workers: ['cambist-staging', 'website'],
  databases: ['cambist-staging', 'customers'],
  namespaces: ['cambist-staging-cache', 'sessions'],
};

describe('npm run remove', () => {
  it('lists Worker, secrets, database with its events, cache and files, and what it keeps, before it asks for the name', async () => {
    const { account, directory } = await twoDeployments();
    const database = databaseOf(account, 'cambist');
    const { run, changes } = standInWrangler(account);
    const { refusal, output, questions } = await remove(account, run, [], {
      directory,
      answers: { 'Type cambist': 'yes' },
    });
    for (const part of [
      'cambist at https://cambist.acme.workers.dev, with its secrets SEALING_KEY, ADMIN_TOKEN',
      `cambist (${database?.id}), 0 audit events`,
      'cambist-cache',
      join(directory, 'cambist'),
      'npx wrangler d1 export cambist --remote',
      'take it out of AWS, Google, Azure, Vault, Kubernetes',
    ])
      expect(output).toContain(part);
    expect(questions).toEqual(['Type cambist to remove it: ']);
    expect([refusal?.message, changes]).toEqual(['nothing was removed', []]);
  });

  it('removes that deployment and nothing else, once its name was typed', async () => {
    const { account, directory } = await twoDeployments();
    const { refusal } = await remove(account, standInWrangler(account).run, [], {
      directory,
      answers: { 'Type cambist': 'cambist' },
    });
    expect(refusal).toBeNull();
    expect(left(account)).toEqual(WITHOUT_THE_FIRST);
    expect(existsSync(join(directory, 'cambist'))).toBe(false);
    expect(existsSync(join(directory, 'cambist-staging/admin-token'))).toBe(true);
  });

  it('removes one environment', async () => {
    const { account, directory } = await twoDeployments();
    await remove(account, standInWrangler(account).run, ['--yes', '--env', 'staging'], { directory });
    expect(left(account)).toEqual({
      workers: ['cambist', 'website'],
      databases: ['cambist', 'customers'],
      namespaces: ['cambist-cache', 'sessions'],
    });
  });

  const ends = [1, 2, 3].flatMap((command) => (['before', 'after'] as const).map((when) => ({ command, when })));

  it.each(ends)('is finished by the same command if it ended $when change $command', async (end) => {
    const { account, directory } = await twoDeployments();
    const ending = standInWrangler(account, end);
    await expect(remove(account, ending.run, ['--yes'], { directory })).rejects.toBe(ending.killed);
    const { refusal } = await remove(account, standInWrangler(account).run, ['--yes'], { directory });
    expect(refusal).toBeNull();
    expect(left(account)).toEqual(WITHOUT_THE_FIRST);
  });

  it('removes the database that the Worker used, whatever its name, from any clone', async () => {
    const account = createAccount();
    const database = addDatabase(account, 'my-data');
    const namespace = addNamespace(account, 'my-cache');
    const bindings = [
      { type: 'd1', name: 'DB', id: database },
      { type: 'kv_namespace', name: 'CACHE', namespace_id: namespace },
    ];
    uploadVersion(account, 'cambist', { bindings, keepBindings: [] });
    addDatabase(account, 'cambist');
    await remove(account, standInWrangler(account).run, ['--yes']);
    expect(left(account)).toEqual({ workers: [], databases: ['cambist'], namespaces: [] });
  });

  it('leaves a database alone that only has the name', async () => {
    const account = createAccount();
    addDatabase(account, 'cambist');
    databaseOf(account, 'cambist')?.db.exec('CREATE TABLE customer (id INTEGER)');
    const { output } = await remove(account, standInWrangler(account).run, ['--yes']);
    expect(output).toContain('There is no deployment cambist');
    expect(account.databases.size).toBe(1);
  });

  it('keeps the bucket with the archive, and says so', async () => {
    const { account, directory } = await twoDeployments();
    account.buckets.add('cambist-archive');
    await remove(account, standInWrangler(account).run, ['--yes'], { directory });
    expect(account.buckets.has('cambist-archive')).toBe(true);
  });

  it.each([
    ['without a terminal and --yes', [] as string[], 2, /no terminal to ask on: give --yes/],
    ['a Worker that is not Cambist', ['--yes', '--name', 'website'], 1, /the name website is taken/],
  ])('refuses %s', async (_what, args, exitCode, reason) => {
    const { account } = await twoDeployments();
    const before = left(account);
    const { refusal } = await remove(account, standInWrangler(account).run, args);
    expect([refusal?.exitCode, refusal?.message]).toEqual([exitCode, expect.stringMatching(reason)]);
    expect(left(account)).toEqual(before);
  });

  it('lists alone with --dry-run, and says if there is nothing', async () => {
    const { account, directory } = await twoDeployments();
    const { run, changes } = standInWrangler(account);
    expect((await remove(account, run, ['--dry-run'], { directory })).output).toContain('Worker        cambist');
    expect((await remove(account, run, ['--yes', '--name', 'nothing'])).output).toContain(
      'There is no deployment nothing',
    );
    expect(changes).toEqual([]);
  });
});
