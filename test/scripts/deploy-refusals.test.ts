// What `npm run deploy` refuses before it changes anything, each with a twin that is deployed (contract §8).

import { writeFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { afterEach, describe, expect, it } from 'vitest';

import { readDeployOptions } from '../../scripts/deploy/options.ts';
import { Refusal, wrongOption } from '../../scripts/local/refusal.ts';
import { addDatabase, createAccount, databaseOf, uploadVersion, variableOf } from '../support/cloudflare/account.ts';
import type { Account } from '../support/cloudflare/account.ts';
import { deploy } from '../support/cloudflare/deployment-run.ts';
import { standInWrangler } from '../support/cloudflare/stand-in-wrangler.ts';
import { endAll, temporaryDirectory } from '../support/local-process.ts';

afterEach(endAll);

const SEALING_KEY = Buffer.alloc(32, 7).toString('base64url');

/** A Worker as `wrangler secret put` leaves one that was never deployed, or with secrets beside what is deployed. */
function putSecrets(account: Account, names: readonly string[]): void {
  const bindings = names.map((name) => ({ type: 'secret_text', name, text: `${name} as it was before` }));
  uploadVersion(account, 'cambist', { bindings, keepBindings: ['plain_text', 'd1', 'kv_namespace'] });
}

/** What a deployment that was used has in its database. */
function addAccountRow(account: Account): void {
  sql(
    account,
    `INSERT INTO service_account (id, organisation_id, slug, name, status, created_at, updated_at)
     SELECT 'sa_1', id, 'a', 'a', 'active', 1, 1 FROM organisation`,
  );
}

function sql(account: Account, statements: string): void {
  databaseOf(account, 'cambist')?.db.exec(statements);
}

describe('an address', () => {
  it.each([
    ['https://tokens.example.com/path', 'origin alone, without path'],
    ['https://tokens.example.com/', 'trailing slash: https://tokens.example.com'],
    ['https://tokens.example.com?a', 'origin alone'],
    ['https://tokens.example.com#a', 'origin alone'],
    ['https://tokens.example.com:443', 'port 443'],
    ['https://Tokens.example.com', 'capitals'],
    ['http://tokens.example.com', 'must be an https origin'],
    ['tokens.example.com', 'must be an https origin'],
    ['', 'must be an https origin'],
    // No Worker can answer there, and nothing is created before that is known.
    ...[
      '127.0.0.1',
      '[::1]',
      'localhost',
      'tokens',
      'tokens.example.com.',
      'tokens..example.com',
      '-a.example.com',
    ].map((host): [string, string] => [`https://${host}`, 'a name on a domain that is on Cloudflare']),
  ])('that is %j is refused with exit code 2', (url, reason) => {
    expect(() => readDeployOptions(['--url', url], {})).toThrow(
      expect.objectContaining({ exitCode: 2, message: expect.stringContaining(reason) }),
    );
  });

  it('with a password is not repeated', () => {
    expect(() => readDeployOptions(['--url', 'https://me:hunter2@tokens.example.com'], {})).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('hunter2') }),
    );
  });

  it.each([
    'https://tokens.example.com',
    'https://tokens.example.com:8443',
    'https://a_b.x1.example.com',
    'https://tokens.xn--mnchen-3ya.example',
    'https://cambist.team.workers.dev',
  ])('%s is taken', (url) => {
    expect(readDeployOptions(['--url', url], {}).url).toBe(url);
  });
});

describe('options', () => {
  it.each([
    [['--nmae', 'x'], "Unknown option '--nmae'"],
    [['staging'], 'Unexpected argument'],
    [['--name', 'Cambist'], '--name must be'],
    [['--env', '../prod'], '--env must be'],
    [['--name', 'a'.repeat(64)], '--name must be'],
  ])('%j are refused with exit code 2', (args, reason) => {
    expect(() => readDeployOptions(args, {})).toThrow(
      expect.objectContaining({ exitCode: 2, message: expect.stringContaining(reason) }),
    );
  });

  it('that npm kept for itself are refused, so that a rehearsal is no deployment', () => {
    expect(() => readDeployOptions([], { npm_config_dry_run: 'true' })).toThrow('write `npm run deploy -- --dry-run`');
    expect(() => readDeployOptions([], { npm_config_url: 'https://x.example' })).toThrow(Refusal);
    expect(readDeployOptions([], { npm_config_dry_run: '' }).dryRun).toBe(false);
  });
});

describe('before anything is changed', () => {
  const cases: readonly [
    string,
    {
      account?: Account | null;
      args?: string[];
      prepare?: (account: Account) => void;
      environment?: Record<string, string>;
    },
    number,
    RegExp,
  ][] = [
    ['nobody is signed in', { account: null }, 1, /nobody is signed in to Cloudflare: run `npx wrangler login`/],
    ['there is no terminal and no --yes', { args: [] }, 2, /no terminal to ask on: give --yes/],
    [
      'the name is taken by another Worker',
      {
        prepare: (account) =>
          void uploadVersion(account, 'cambist', {
            bindings: [{ type: 'plain_text', name: 'GREETING', text: 'hi' }],
            keepBindings: [],
          }),
      },
      1,
      /the name cambist is taken: .* not Cambist; choose another with --name/,
    ],
    [
      'the name is taken by a Worker whose secrets are others',
      { prepare: (account) => putSecrets(account, ['ADMIN_TOKEN', 'STRIPE_KEY']) },
      1,
      /the name cambist is taken/,
    ],
    [
      'the database holds somebody else’s tables',
      {
        prepare: (account) => {
          addDatabase(account, 'cambist');
          sql(account, 'CREATE TABLE customer (id INTEGER)');
        },
      },
      1,
      /the database cambist holds tables that are not Cambist's/,
    ],
    [
      'the database holds the data of another deployment',
      {
        prepare: (account) => {
          addDatabase(account, 'cambist');
          sql(account, readFileSync('schema.sql', 'utf8'));
          addAccountRow(account);
        },
      },
      1,
      /belongs to another deployment \(1 service accounts, 0 audit events\), and no Worker cambist uses it/,
    ],
    [
      'a given sealing key is too short',
      { environment: { SEALING_KEY: SEALING_KEY.slice(1) } },
      2,
      /SEALING_KEY in the environment must be 32 bytes/,
    ],
    [
      'a given sealing key is too long',
      { environment: { SEALING_KEY: `${SEALING_KEY}AA` } },
      2,
      /must be 32 bytes in base64url/,
    ],
    [
      'a given sealing key is base64 of another kind',
      { environment: { SEALING_KEY: `${SEALING_KEY.slice(1)}+` } },
      2,
      /must be 32 bytes in base64url/,
    ],
    [
      'a given root token is short',
      { environment: { ADMIN_TOKEN: 'short' } },
      2,
      /ADMIN_TOKEN in the environment must be at least 32/,
    ],
    [
      'a given bundle is none',
      { environment: { SIGNING_KEYS: 'rsa' } },
      2,
      /SIGNING_KEYS in the environment must be a private JWK Set/,
    ],
  ];

  it.each(cases)(
    '%s',
    async (_what, { account = createAccount(), args = ['--yes'], prepare, environment }, exitCode, reason) => {
      if (account !== null) prepare?.(account);
      const { run, changes } = standInWrangler(account);
      const { refusal, output } = await deploy(account, run, args, environment === undefined ? {} : { environment });
      expect(refusal?.exitCode).toBe(exitCode);
      expect(refusal?.message).toMatch(reason);
      expect(changes).toEqual([]);
      for (const value of Object.values(environment ?? {}))
        expect(`${refusal?.message} ${output}`).not.toContain(value);
    },
  );

  it('another name than the taken one is deployed', async () => {
    const account = createAccount();
    uploadVersion(account, 'cambist', { bindings: [], keepBindings: [] });
    expect((await deploy(account, standInWrangler(account).run, ['--yes'])).refusal?.message).toContain('is taken');
    expect((await deploy(account, standInWrangler(account).run, ['--yes', '--name', 'exchange'])).refusal).toBeNull();
    expect(variableOf(account, 'exchange', 'ISSUER_URL')).toBe('https://exchange.acme.workers.dev');
  });

  it('a database with the tables and nothing in them is that of a run that ended early', async () => {
    const account = createAccount();
    addDatabase(account, 'cambist');
    sql(account, readFileSync('schema.sql', 'utf8'));
    expect((await deploy(account, standInWrangler(account).run, ['--yes'])).refusal).toBeNull();
    expect(account.databases.size).toBe(1);
  });

  it('the database of another deployment is used if that is said, with the sealing key of that deployment', async () => {
    const account = createAccount();
    await deploy(account, standInWrangler(account).run, ['--yes']);
    addAccountRow(account);
    account.workers.clear();
    const environment = { SEALING_KEY };
    const { refusal } = await deploy(account, standInWrangler(account).run, ['--yes', '--adopt-database'], {
      environment,
    });
    expect(refusal).toBeNull();
    expect(account.workers.get('cambist')?.secrets.get('SEALING_KEY')).toBe(SEALING_KEY);
  });

  it('an id in wrangler.toml that is not the deployed one’s is refused', async () => {
    const account = createAccount();
    await deploy(account, standInWrangler(account).run, ['--yes']);
    const config = join(temporaryDirectory(), 'wrangler.toml');
    const toml = readFileSync('wrangler.toml', 'utf8');
    writeFileSync(
      config,
      toml.replace(
        'database_name = "cambist"',
        `database_name = "cambist"\ndatabase_id = "${addDatabase(account, 'other')}"`,
      ),
    );
    const { run, changes } = standInWrangler(account);
    const { refusal } = await deploy(account, run, ['--yes'], { config });
    expect(refusal?.message).toContain('but the deployed Worker cambist uses');
    expect(changes).toEqual([]);
  });
});

describe('half a set of secrets', () => {
  it.each([
    [['ADMIN_TOKEN'], ['ADMIN_TOKEN', 'SEALING_KEY']],
    [['SEALING_KEY'], ['ADMIN_TOKEN', 'SEALING_KEY']],
    [['SIGNING_KEYS'], ['ADMIN_TOKEN', 'SIGNING_KEYS']],
    [
      ['SEALING_KEY', 'ADMIN_TOKEN'],
      ['ADMIN_TOKEN', 'SEALING_KEY'],
    ],
  ])('%j is made whole, and what was there stays', async (before, after) => {
    const account = createAccount();
    putSecrets(account, before);
    const { refusal } = await deploy(account, standInWrangler(account).run, ['--yes']);
    expect(refusal).toBeNull();
    const secrets = account.workers.get('cambist')?.secrets ?? new Map<string, string>();
    expect([...secrets.keys()].toSorted()).toEqual(after);
    for (const name of before) expect(secrets.get(name)).toBe(`${name} as it was before`);
  });

  it('is whole without a root token if the deployment works without one; --admin-token makes one', async () => {
    const account = createAccount();
    await deploy(account, standInWrangler(account).run, ['--yes']);
    const secrets = account.workers.get('cambist')?.secrets;
    secrets?.delete('ADMIN_TOKEN');
    const { output } = await deploy(account, standInWrangler(account).run, ['--yes']);
    expect(secrets?.has('ADMIN_TOKEN')).toBe(false);
    expect(output).toContain('--admin-token makes one');
    await deploy(account, standInWrangler(account).run, ['--yes', '--admin-token']);
    expect(secrets?.has('ADMIN_TOKEN')).toBe(true);
  });
});

describe('at Cloudflare', () => {
  it('an account without a workers.dev name is told where to make one; the next run finishes', async () => {
    const account = createAccount();
    account.subdomain = null;
    const { refusal } = await deploy(account, standInWrangler(account).run, ['--yes']);
    expect(refusal?.message).toContain('has no workers.dev name yet');
    account.subdomain = 'acme';
    expect((await deploy(account, standInWrangler(account).run, ['--yes'])).refusal).toBeNull();
  });

  it('an account on the free plan is deployed to without [limits], which that plan refuses', async () => {
    const account = createAccount();
    account.isOnFreePlan = true;
    const { refusal, output } = await deploy(account, standInWrangler(account).run, ['--yes']);
    expect(refusal).toBeNull();
    expect(output).toContain('– limits     left out: the Workers Free plan has its own');
    expect(variableOf(account, 'cambist', 'ISSUER_URL')).toBe('https://cambist.acme.workers.dev');
  });

  it('a workers.dev address that is not this Worker’s is not signed with', async () => {
    const account = createAccount();
    const { refusal } = await deploy(account, standInWrangler(account).run, [
      '--yes',
      '--url',
      'https://cambist.other.workers.dev',
    ]);
    expect(refusal?.message).toContain('answers at https://cambist.acme.workers.dev, not at');
    expect(variableOf(account, 'cambist', 'ISSUER_URL')).toBeUndefined();
  });

  it.each([
    [
      'faults',
      () => Response.json({ faults: [{ detail: 'SEALING_KEY has the wrong length' }] }, { status: 503 }),
      /readyz names:\n {2}- SEALING_KEY has/,
    ],
    ['another program', () => new Response('hello', { status: 404 }), /answers 404, which is not Cambist's answer/],
    [
      'nobody',
      () => {
        throw new TypeError('fetch failed', { cause: new Error('getaddrinfo ENOTFOUND') });
      },
      /cannot be reached yet \(getaddrinfo ENOTFOUND\)/,
    ],
  ])('%s at the address: it says so in the end', async (_who, readyz, reason) => {
    const account = createAccount();
    const { refusal } = await deploy(account, standInWrangler(account).run, ['--yes'], { readyz });
    expect(refusal?.message).toMatch(/it is deployed, but not ready/);
    expect(refusal?.message).toMatch(reason);
  });
});

describe('in Cloudflare’s own builds (WORKERS_CI=1)', () => {
  const environment = { WORKERS_CI: '1', WRANGLER_CI_OVERRIDE_NAME: 'my-exchange' };

  it('nothing is asked, the Worker is that of the build, and no root token is made that nobody could read (contract §8)', async () => {
    const account = createAccount();
    // The build's Worker is there before its first deployment, in whatever state.
    uploadVersion(account, 'my-exchange', {
      bindings: [{ type: 'secret_text', name: 'ADMIN_TOKEN', text: 'of the set-up page' }],
      keepBindings: [],
    });
    const { refusal, questions } = await deploy(account, standInWrangler(account).run, [], { environment });
    expect([refusal, questions]).toEqual([null, []]);
    const secrets = account.workers.get('my-exchange')?.secrets;
    expect(secrets?.get('ADMIN_TOKEN')).toBe('of the set-up page');
    expect(secrets?.has('SEALING_KEY')).toBe(true);
    expect(variableOf(account, 'my-exchange', 'ISSUER_URL')).toBe('https://my-exchange.acme.workers.dev');
  });

  it('without a root token says where to set one', async () => {
    const account = createAccount();
    const { refusal, output } = await deploy(account, standInWrangler(account).run, [], { environment });
    expect(refusal).toBeNull();
    expect(account.workers.get('my-exchange')?.secrets.has('ADMIN_TOKEN')).toBe(false);
    expect(output).toContain('set the secret ADMIN_TOKEN in the dashboard');
  });
});

describe('the wrangler configuration', () => {
  const written = (text: string): string => {
    const config = join(temporaryDirectory(), 'wrangler.toml');
    writeFileSync(config, text);
    return config;
  };
  const toml = readFileSync('wrangler.toml', 'utf8');

  it.each([
    ['is not there', () => join(temporaryDirectory(), 'wrangler.toml'), 'wrangler.toml cannot be read: ENOENT'],
    ['is no TOML', () => written('name = "x'), 'wrangler.toml cannot be read: Invalid TOML'],
    ['has no name', () => written(toml.replace(/^name = .*$/m, '')), 'must be 1 to'],
  ])('that %s is refused in a sentence, and its whole twin is deployed', async (_, place, reason) => {
    const account = createAccount();
    const { run, changes } = standInWrangler(account);
    const { refusal } = await deploy(account, run, ['--yes'], { config: place() });
    expect([refusal?.exitCode, refusal?.message, changes]).toEqual([2, expect.stringContaining(reason), []]);
    expect((await deploy(account, run, ['--yes'])).refusal).toBeNull();
  });

  it('of no other address makes --change-url mean nothing, so it is refused', async () => {
    const account = createAccount();
    const { run, changes } = standInWrangler(account);
    const { refusal } = await deploy(account, run, ['--yes', '--change-url']);
    expect([refusal?.exitCode, refusal?.message, changes]).toEqual([2, expect.stringContaining('give --url, too'), []]);
    const url = 'https://tokens.example.com';
    expect((await deploy(account, run, ['--yes', '--change-url', '--url', url])).refusal).toBeNull();
  });
});

describe('an option that a script does not have', () => {
  it('is a wrong use in one sentence, and a bug stays one', () => {
    const thrown = (work: () => unknown): unknown => {
      try {
        return work();
      } catch (error) {
        return error;
      }
    };
    expect(wrongOption(thrown(() => parseArgs({ args: ['--nope'], options: {} })))).toMatchObject({
      exitCode: 2,
      message: "Unknown option '--nope'",
    });
    expect(wrongOption(new TypeError('a bug'))).toBeNull();
  });
});
