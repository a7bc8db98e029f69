// `npm run check:deploy`: wrangler itself deploys and removes, against Cloudflare's API on loopback; what the stand-in for wrangler does is held against it.

import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { RunWrangler } from '../../scripts/deploy/account.ts';
import { filesOf } from '../../scripts/deploy/deployment-files.ts';
import { captureWrangler } from '../../scripts/local/bundle.ts';
import { addressesOf, createAccount, uploadVersion, variableOf } from '../support/cloudflare/account.ts';
import type { Account } from '../support/cloudflare/account.ts';
import { serveCloudflareApi } from '../support/cloudflare/api.ts';
import type { CloudflareApi } from '../support/cloudflare/api.ts';
import { deploy, remove, tokenFile } from '../support/cloudflare/deployment-run.ts';
import { standInWrangler } from '../support/cloudflare/stand-in-wrangler.ts';
import { endAll, start, temporaryDirectory } from '../support/local-process.ts';

const { WHOLE_STORY } = process.env as Readonly<Record<string, string | undefined>>;
/** About forty runs of wrangler. */
const STORY_MS = 600_000;

/** What an account holds, without ids and values. */
function shapeOf(account: Account): unknown {
  return {
    databases: [...account.databases.values()].map(({ name, db }) => [
      name,
      db
        .prepare(
          "SELECT name FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' AND name <> 'd1_migrations' ORDER BY name",
        )
        .all(),
      db.prepare('SELECT name FROM d1_migrations').all(),
    ]),
    namespaces: [...account.namespaces.values()],
    workers: [...account.workers].map(([name, { secrets, versions }]) => [
      name,
      addressesOf(account, name),
      [...secrets.keys()].toSorted(),
      versions.map(({ bindings }) =>
        bindings.map((each) => `${each.type} ${each.name} ${String(each['text'])}`).toSorted(),
      ),
    ]),
  };
}

describe.runIf(WHOLE_STORY === '1')('with wrangler itself', () => {
  const account = createAccount();
  let api: CloudflareApi;
  let directory: string;
  const commands: string[] = [];
  const run: RunWrangler = async (args, env) => {
    commands.push(args.join(' '));
    return await captureWrangler(args, { ...env, CLOUDFLARE_API_BASE_URL: api.url, CLOUDFLARE_API_TOKEN: api.token });
  };

  beforeAll(async () => {
    api = await serveCloudflareApi(account);
    directory = temporaryDirectory();
  });
  afterAll(async () => {
    await api.close();
    await endAll();
  });

  it(
    'deploys, deploys again, beside it, and at a domain, as with the stand-in (contract §8)',
    { timeout: STORY_MS },
    async () => {
      const twin = createAccount(account.id);
      const twinFiles = temporaryDirectory();
      for (const args of [
        ['--yes'],
        ['--yes'],
        ['--yes', '--env', 'staging', '--url', 'https://staging.example.com'],
      ]) {
        commands.length = 0;
        const { refusal } = await deploy(account, run, args, { directory });
        expect(refusal, args.join(' ')).toBeNull();
        const standIn = standInWrangler(twin);
        await deploy(twin, standIn.run, args, { directory: twinFiles });
        // Ids, and the paths of both directories, differ.
        const comparable = (list: readonly string[]): string[] =>
          list.map((each) => each.replaceAll(/\S*[/-]\S*[/-]\S*/g, '…'));
        expect(comparable(commands)).toEqual(comparable(standIn.commands));
        expect(shapeOf(account)).toEqual(shapeOf(twin));
      }
      expect(variableOf(account, 'cambist', 'ISSUER_URL')).toBe('https://cambist.acme.workers.dev');
      expect(addressesOf(account, 'cambist-staging')).toEqual(['https://staging.example.com']);
      expect(readFileSync(tokenFile(directory), 'utf8')).toBe(
        account.workers.get('cambist')?.secrets.get('ADMIN_TOKEN'),
      );
    },
  );

  it('keeps a variable that was set in the dashboard', { timeout: STORY_MS }, async () => {
    const audience = { type: 'plain_text', name: 'DEFAULT_AUDIENCE', text: 'https://api.acme.example' };
    uploadVersion(account, 'cambist', { bindings: [audience], keepBindings: ['plain_text', 'd1', 'kv_namespace'] });
    expect((await deploy(account, run, ['--yes'], { directory })).refusal).toBeNull();
    expect(variableOf(account, 'cambist', 'DEFAULT_AUDIENCE')).toBe('https://api.acme.example');
  });

  it(
    'leaves no secret behind a kill -9 in the middle of the upload, once the next run has begun',
    { timeout: STORY_MS },
    async () => {
      const files = filesOf('killed');
      const environment = { CLOUDFLARE_API_BASE_URL: api.url, CLOUDFLARE_API_TOKEN: api.token };
      try {
        const program = start(process.execPath, ['scripts/deploy.ts', '--yes', '--name', 'killed'], environment);
        while (!api.calls.some((call) => call.endsWith('/workers/services/killed'))) {
          if (program.child.exitCode !== null) throw new Error(program.output());
          await sleep(20);
        }
        program.child.kill('SIGKILL');
        await program.exited;
        expect(readdirSync(files.directory).filter((file) => file.startsWith('secrets.'))).toHaveLength(1);
        const { refusal } = await deploy(account, run, ['--yes', '--name', 'killed'], {
          directory: dirname(files.directory),
        });
        expect(refusal).toBeNull();
        expect(
          readdirSync(files.directory, { recursive: true }).filter((file) => String(file).includes('secrets')),
        ).toEqual([]);
        expect(readFileSync(files.adminToken, 'utf8')).toBe(account.workers.get('killed')?.secrets.get('ADMIN_TOKEN'));
        await remove(account, run, ['--yes', '--name', 'killed'], { directory: dirname(files.directory) });
      } finally {
        rmSync(files.directory, { recursive: true, force: true });
      }
    },
  );

  it('refuses what is taken, in wrangler’s own answers, too', { timeout: STORY_MS }, async () => {
    uploadVersion(account, 'website', {
      bindings: [{ type: 'plain_text', name: 'GREETING', text: 'hi' }],
      keepBindings: [],
    });
    const { refusal } = await deploy(account, run, ['--yes', '--name', 'website'], { directory });
    expect(refusal?.message).toContain('the name website is taken');
    account.subdomain = null;
    const fresh = await deploy(account, run, ['--yes', '--name', 'another'], { directory });
    expect(fresh.refusal?.message).toContain('has no workers.dev name yet');
    account.subdomain = 'acme';
    account.isOnFreePlan = true;
    const again = await deploy(account, run, ['--yes', '--name', 'another'], { directory });
    expect(again.refusal).toBeNull();
  });

  it('removes one deployment and leaves the others (contract §8)', { timeout: STORY_MS }, async () => {
    const { refusal, output } = await remove(account, run, ['--yes'], { directory });
    expect(refusal).toBeNull();
    expect(output).toContain('0 audit events');
    expect([...account.workers.keys()]).toEqual(['cambist-staging', 'website', 'another']);
    expect([...account.databases.values()].map(({ name }) => name)).toEqual(['cambist-staging', 'another']);
    expect([...account.namespaces.values()]).toEqual(['cambist-staging-cache', 'another-cache']);
  });

  it('asked Cloudflare nothing that the stand-in for its API does not know', () => {
    expect(api.unknown).toEqual([]);
    expect(api.calls.length).toBeGreaterThan(50);
  });
});
