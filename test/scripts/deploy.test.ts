// `npm run deploy` (contract §8) on an account in memory: the first time, again, after an end at any step, beside another deployment, with a domain.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterEach, describe, expect, it } from 'vitest';

import { addressesOf, createAccount, uploadVersion, variableOf } from '../support/cloudflare/account.ts';
import type { Account, StoredWorker } from '../support/cloudflare/account.ts';
import { deploy, modeOf, tokenFile } from '../support/cloudflare/deployment-run.ts';
import { standInWrangler } from '../support/cloudflare/stand-in-wrangler.ts';
import { endAll, temporaryDirectory } from '../support/local-process.ts';

afterEach(endAll);

const ADDRESS = 'https://cambist.acme.workers.dev';

function workerOf(account: Account, name = 'cambist'): StoredWorker {
  const worker = account.workers.get(name);
  if (worker === undefined) throw new Error(`no Worker ${name}`);
  return worker;
}

function boundTo(account: Account, worker: string, name: string): unknown {
  const binding = workerOf(account, worker)
    .versions.at(-1)
    ?.bindings.find((each) => each.name === name);
  return binding?.['id'] ?? binding?.['namespace_id'];
}

/** What an account holds, without what differs between two accounts: ids, values, versions. */
function shapeOf(account: Account): unknown {
  return {
    databases: [...account.databases.values()].map(({ name, db }) => [
      name,
      db.prepare('SELECT name FROM d1_migrations').all(),
    ]),
    namespaces: [...account.namespaces.values()],
    workers: [...account.workers.keys()].map((name) => [
      name,
      addressesOf(account, name),
      [...workerOf(account, name).secrets.keys()].toSorted(),
      variableOf(account, name, 'ISSUER_URL'),
      boundTo(account, name, 'DB') === [...account.databases.keys()][0],
    ]),
  };
}

describe('npm run deploy', () => {
  it('makes database, cache, schema, secrets and address in this order, and waits until it is ready (contract §8)', async () => {
    const account = createAccount();
    const { run, changes } = standInWrangler(account);
    const { refusal, output, directory } = await deploy(account, run, ['--yes']);
    expect(refusal).toBeNull();
    const steps = ['d1 create', 'kv namespace create', 'd1 migrations apply', 'deploy', 'deploy'];
    expect(changes.map((change) => steps.find((step) => change.startsWith(step)))).toEqual(steps);
    expect(addressesOf(account, 'cambist')).toEqual([ADDRESS]);
    expect(variableOf(account, 'cambist', 'ISSUER_URL')).toBe(ADDRESS);
    expect(output).toContain(`✓ ready      ${ADDRESS}/readyz answers 200`);
    expect(output).toContain(tokenFile(directory));
  });

  it('signs nothing before its address is known: the first upload has no ISSUER_URL (contract §8)', async () => {
    const account = createAccount();
    await deploy(account, standInWrangler(account).run, ['--yes']);
    const issuers = workerOf(account).versions.map(
      ({ bindings }) => bindings.find(({ name }) => name === 'ISSUER_URL')?.['text'],
    );
    expect(issuers).toEqual([undefined, ADDRESS]);
  });

  it('makes secrets that no command and no line shows, and keeps the root token in a file of mode 0600 (contract §8)', async () => {
    const account = createAccount();
    const { run, commands } = standInWrangler(account);
    const { output, directory } = await deploy(account, run, ['--yes']);
    const { secrets } = workerOf(account);
    expect([...secrets.keys()].toSorted()).toEqual(['ADMIN_TOKEN', 'SEALING_KEY']);
    expect(Buffer.from(secrets.get('SEALING_KEY') ?? '', 'base64url')).toHaveLength(32);
    for (const value of secrets.values()) {
      expect(output).not.toContain(value);
      expect(commands.join('\n')).not.toContain(value);
    }
    expect(modeOf(tokenFile(directory))).toBe('600');
    expect(modeOf(join(directory, 'cambist'))).toBe('700');
    expect(readFileSync(tokenFile(directory), 'utf8')).toBe(secrets.get('ADMIN_TOKEN'));
    expect(readdirSync(join(directory, 'cambist')).toSorted()).toEqual(['admin-token', 'wrangler.json']);
  });

  it('is the same command the second time, from any clone: nothing is created, no secret replaced, the address stays (contract §8)', async () => {
    const account = createAccount();
    await deploy(account, standInWrangler(account).run, ['--yes']);
    const before = { shape: shapeOf(account), secrets: new Map(workerOf(account).secrets) };
    const { run, changes } = standInWrangler(account);
    const { refusal, output } = await deploy(account, run, ['--yes']);
    expect(refusal).toBeNull();
    expect(changes.map((change) => change.split(' --')[0])).toEqual(['d1 migrations apply DB', 'deploy']);
    expect({ shape: shapeOf(account), secrets: workerOf(account).secrets }).toEqual(before);
    expect(output).toContain('it is not shown, and was not replaced');
  });

  it('deletes the secrets that a run left behind when it was killed (contract §8)', async () => {
    const account = createAccount();
    const directory = temporaryDirectory();
    mkdirSync(join(directory, 'cambist'));
    for (const left of ['secrets.4711.json', 'secrets.4711.json.4711.tmp'])
      writeFileSync(join(directory, 'cambist', left), '{"ADMIN_TOKEN":"left"}');
    await deploy(account, standInWrangler(account).run, ['--yes'], { directory });
    expect(readdirSync(join(directory, 'cambist')).toSorted()).toEqual(['admin-token', 'wrangler.json']);
  });
});

describe('a deployment that ended at any step', () => {
  const ends = [1, 2, 3, 4, 5].flatMap((command) => (['before', 'after'] as const).map((when) => ({ command, when })));

  it.each(ends)('is finished by the same command: $when change $command (contract §8)', async (end) => {
    const whole = createAccount();
    await deploy(whole, standInWrangler(whole).run, ['--yes']);

    const account = createAccount();
    const directory = temporaryDirectory();
    const ending = standInWrangler(account, end);
    await expect(deploy(account, ending.run, ['--yes'], { directory })).rejects.toBe(ending.killed);
    expect(readdirSync(directory, { recursive: true }).filter((file) => String(file).includes('secrets'))).toEqual([]);

    const { refusal } = await deploy(account, standInWrangler(account).run, ['--yes'], { directory });
    expect(refusal).toBeNull();
    expect(shapeOf(account)).toEqual(shapeOf(whole));
    expect(readFileSync(tokenFile(directory), 'utf8')).toBe(workerOf(account).secrets.get('ADMIN_TOKEN'));
  });

  it.each(ends)('is finished from another clone, too: $when change $command', async (end) => {
    const account = createAccount();
    const ending = standInWrangler(account, end);
    await expect(deploy(account, ending.run, ['--yes'])).rejects.toBe(ending.killed);
    const { refusal } = await deploy(account, standInWrangler(account).run, ['--yes']);
    expect(refusal).toBeNull();
    expect(variableOf(account, 'cambist', 'ISSUER_URL')).toBe(ADDRESS);
    expect(workerOf(account).secrets.size).toBe(2);
    expect([account.databases.size, account.namespaces.size]).toEqual([1, 1]);
  });
});

describe('a domain of one’s own', () => {
  it('is the only address, in one upload, and stays without being said again (contract §8)', async () => {
    const account = createAccount();
    const { run, changes } = standInWrangler(account);
    await deploy(account, run, ['--yes', '--url', 'https://tokens.example.com']);
    expect(changes.filter((change) => change.startsWith('deploy'))).toHaveLength(1);
    expect(addressesOf(account, 'cambist')).toEqual(['https://tokens.example.com']);
    await deploy(account, standInWrangler(account).run, ['--yes']);
    expect(addressesOf(account, 'cambist')).toEqual(['https://tokens.example.com']);
    expect(variableOf(account, 'cambist', 'ISSUER_URL')).toBe('https://tokens.example.com');
  });

  it('comes later only if that is said, since it is another issuer', async () => {
    const account = createAccount();
    await deploy(account, standInWrangler(account).run, ['--yes']);
    const args = ['--yes', '--url', 'https://tokens.example.com'];
    const { refusal } = await deploy(account, standInWrangler(account).run, args);
    expect(refusal?.message).toContain(`deployed as ${ADDRESS}`);
    expect(addressesOf(account, 'cambist')).toEqual([ADDRESS]);
    await deploy(account, standInWrangler(account).run, [...args, '--change-url']);
    expect(addressesOf(account, 'cambist')).toEqual(['https://tokens.example.com']);
  });

  it('that leads elsewhere is taken over only if that is said: wrangler would replace the record', async () => {
    const account = createAccount();
    const args = ['--yes', '--url', 'https://www.example.com'];
    const setting = { hosts: ['www.example.com'] };
    const { refusal } = await deploy(account, standInWrangler(account).run, args, setting);
    expect(refusal?.message).toContain('www.example.com leads to 192.0.2.7 already');
    expect(account.workers.size + account.databases.size).toBe(0);
    await deploy(account, standInWrangler(account).run, [...args, '--take-domain'], setting);
    expect(addressesOf(account, 'cambist')).toEqual(['https://www.example.com']);
  });
});

describe('npm run deploy -- --env staging', () => {
  it('is a second, separate deployment: its own Worker, database, cache, secrets, counters and address (contract §8)', async () => {
    const account = createAccount();
    await deploy(account, standInWrangler(account).run, ['--yes']);
    const first = { secrets: new Map(workerOf(account).secrets), database: boundTo(account, 'cambist', 'DB') };
    const { directory } = await deploy(account, standInWrangler(account).run, ['--yes', '--env', 'staging']);
    expect(addressesOf(account, 'cambist-staging')).toEqual(['https://cambist-staging.acme.workers.dev']);
    for (const name of ['DB', 'CACHE', 'RATE_LIMITER'])
      expect(boundTo(account, 'cambist-staging', name)).not.toBe(boundTo(account, 'cambist', name));
    const { secrets } = workerOf(account, 'cambist-staging');
    for (const [name, value] of secrets) expect(first.secrets.get(name)).not.toBe(value);
    expect(readFileSync(tokenFile(directory, 'cambist-staging'), 'utf8')).toBe(secrets.get('ADMIN_TOKEN'));
    expect({ secrets: workerOf(account).secrets, database: boundTo(account, 'cambist', 'DB') }).toEqual(first);
  });

  it('takes from [env.staging] what stands there, and nothing that is the first deployment’s', async () => {
    const directory = temporaryDirectory();
    const config = join(directory, 'wrangler.toml');
    const own = readFileSync('wrangler.toml', 'utf8').replace(
      'database_name = "cambist"',
      'database_name = "cambist"\ndatabase_id = "first"',
    );
    writeFileSync(
      config,
      own.replace('[vars]', '[vars]\nISSUER_URL = "https://tokens.example.com"') +
        '\n[env.staging.vars]\nISSUER_URL = "https://staging.example.com"\nAUDIT_RETENTION_DAYS = "7"\n',
    );
    mkdirSync(join(directory, 'migrations'));
    writeFileSync(join(directory, 'migrations/0001_x.sql'), readFileSync('schema.sql'));
    const account = createAccount();
    const { refusal } = await deploy(account, standInWrangler(account).run, ['--yes', '--env', 'staging'], { config });
    expect(refusal).toBeNull();
    expect(addressesOf(account, 'cambist-staging')).toEqual(['https://staging.example.com']);
    expect(variableOf(account, 'cambist-staging', 'AUDIT_RETENTION_DAYS')).toBe('7');
    expect([...account.databases.values()].map(({ name }) => name)).toEqual(['cambist-staging']);
  });
});

describe('what is optional', () => {
  it('a bucket for the archive is created once, bound, and found again, if wrangler.toml has its block', async () => {
    const directory = temporaryDirectory();
    const config = join(directory, 'wrangler.toml');
    const toml = readFileSync('wrangler.toml', 'utf8');
    const block = /^# (\[\[r2_buckets\]\])\n# (.*)\n# (.*)$/m;
    expect(toml).toMatch(block);
    writeFileSync(
      config,
      toml.replace(block, '$1\n$2\n$3').replace('"migrations"', JSON.stringify(join(process.cwd(), 'migrations'))),
    );
    const account = createAccount();
    for (const created of [['r2 bucket create cambist-archive'], []]) {
      const { run, changes } = standInWrangler(account);
      expect((await deploy(account, run, ['--yes'], { config })).refusal).toBeNull();
      expect(changes.filter((change) => change.startsWith('r2'))).toEqual(created);
    }
    const bound = workerOf(account)
      .versions.at(-1)
      ?.bindings.find(({ name }) => name === 'ARCHIVE');
    expect(bound).toMatchObject({ type: 'r2_bucket', bucket_name: 'cambist-archive' });
  });

  it('a variable that was set in the dashboard stays', async () => {
    const account = createAccount();
    await deploy(account, standInWrangler(account).run, ['--yes']);
    const audience = { type: 'plain_text', name: 'DEFAULT_AUDIENCE', text: 'https://api.acme.example' };
    uploadVersion(account, 'cambist', { bindings: [audience], keepBindings: ['plain_text', 'd1', 'kv_namespace'] });
    await deploy(account, standInWrangler(account).run, ['--yes']);
    expect(variableOf(account, 'cambist', 'DEFAULT_AUDIENCE')).toBe('https://api.acme.example');
    expect(variableOf(account, 'cambist', 'ISSUER_URL')).toBe(ADDRESS);
  });
});

describe('on a terminal', () => {
  it('asks where it shall answer and whether to go ahead, and takes nothing else for a yes', async () => {
    const account = createAccount();
    const answers = { 'Where shall': 'https://tokens.example.com', 'Go ahead': 'maybe' };
    const { run, changes } = standInWrangler(account);
    const { refusal, output } = await deploy(account, run, [], { answers });
    expect([refusal?.message, changes]).toEqual(['nothing was changed', []]);
    expect(output).toContain('create the D1 database cambist');
    const { refusal: none } = await deploy(account, standInWrangler(account).run, [], {
      answers: { ...answers, 'Go ahead': 'y' },
    });
    expect(none).toBeNull();
    expect(addressesOf(account, 'cambist')).toEqual(['https://tokens.example.com']);
  });

  it('asks the address once in a deployment’s life', async () => {
    const account = createAccount();
    await deploy(account, standInWrangler(account).run, [], { answers: { 'Where shall': '', 'Go ahead': 'yes' } });
    const { questions } = await deploy(account, standInWrangler(account).run, [], { answers: { 'Go ahead': 'y' } });
    expect(questions).toEqual(['Go ahead? [y/N] ']);
  });
});

describe('--dry-run', () => {
  it('prints the plan of what is known and changes nothing, signed in or not (contract §8)', async () => {
    const account = createAccount();
    for (const signedIn of [account, null]) {
      const { run, changes } = standInWrangler(signedIn);
      const { refusal, output, directory } = await deploy(signedIn, run, ['--dry-run']);
      expect([refusal, changes, readdirSync(directory)]).toEqual([null, [], []]);
      expect(output).toMatch(/1\. sign-in[^]*2\. database[^]*schema[^]*secrets[^]*upload[^]*address[^]*readiness/);
      expect(output).toContain(signedIn === null ? 'or create it' : 'create the D1 database cambist');
    }
  });
});
