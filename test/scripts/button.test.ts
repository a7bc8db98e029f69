// What Cloudflare's button reads of this repository (contract §8): secrets to ask for, descriptions, names without ids, a command that asks nothing.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterEach, describe, expect, it } from 'vitest';
import { experimental_readRawConfig as readRawConfig } from 'wrangler';

import { buttonOf } from '../../scripts/deploy/button.ts';
import { addDatabase, addNamespace, createAccount, uploadVersion, variableOf } from '../support/cloudflare/account.ts';
import { deploy } from '../support/cloudflare/deployment-run.ts';
import { standInWrangler } from '../support/cloudflare/stand-in-wrangler.ts';
import { endAll, temporaryDirectory } from '../support/local-process.ts';

afterEach(endAll);

interface Manifest {
  readonly repository?: string | { readonly url: string };
  readonly scripts: Readonly<Record<string, string>>;
  readonly cloudflare: { readonly bindings: Readonly<Record<string, { readonly description: string }>> };
}

const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest;
const toml = readFileSync('wrangler.toml', 'utf8');
/** The lines for which the set-up page asks a value. */
const asked = [...readFileSync('.dev.vars.example', 'utf8').matchAll(/^(?<name>[A-Z_]+)=(?<value>.*)$/gm)];

describe('what the set-up page shows', () => {
  it('asks for the two secrets that every deployment needs, with no value of anybody’s before it', () => {
    expect(asked.map(({ groups }) => groups?.['name'])).toEqual(['SEALING_KEY', 'ADMIN_TOKEN']);
    expect(asked.map(({ groups }) => groups?.['value'])).toEqual(['', '']);
  });

  it('describes every binding, variable and secret, and how to make a value', () => {
    const rawConfig = readRawConfig({ config: 'wrangler.toml' }).rawConfig as Readonly<
      Record<string, readonly { readonly binding?: string; readonly name?: string }[] | undefined>
    >;
    const bound = ['d1_databases', 'kv_namespaces', 'r2_buckets'] as const;
    const names = [
      ...bound.flatMap((kind) => (rawConfig[kind] ?? []).map(({ binding }) => binding ?? '')),
      ...(rawConfig['ratelimits'] ?? []).map(({ name }) => name ?? ''),
      ...Object.keys(rawConfig['vars'] ?? {}),
      ...asked.map(({ groups }) => groups?.['name'] ?? ''),
    ];
    expect(Object.keys(manifest.cloudflare.bindings).toSorted()).toEqual(names.toSorted());
    for (const name of ['SEALING_KEY', 'ADMIN_TOKEN'])
      expect(manifest.cloudflare.bindings[name]?.description).toContain('openssl rand');
  });

  it('names resources and no ids, and builds with the script `deploy`', () => {
    expect(toml).toMatch(/^database_name = /m);
    expect(toml).not.toMatch(/^(?:database_id|id|account_id) = /m);
    expect(manifest.scripts['deploy']).toBe('node scripts/deploy.ts');
  });
});

it('what the button does leads to a deployment that has its address: ids in the clone, secrets of the page, the build (contract §8)', async () => {
  const account = createAccount();
  // Cloudflare creates what wrangler.toml names, under names that the person chose, and writes the ids into the clone.
  const clone = temporaryDirectory();
  const ids = { database: addDatabase(account, 'my-data'), namespace: addNamespace(account, 'my-cache') };
  const config = join(clone, 'wrangler.toml');
  const written = toml
    .replace('name = "cambist"', 'name = "my-exchange"')
    .replace('database_name = "cambist"', `database_name = "my-data"\ndatabase_id = "${ids.database}"`)
    .replace('binding = "CACHE"', `binding = "CACHE"\nid = "${ids.namespace}"`);
  writeFileSync(config, written);
  mkdirSync(join(clone, 'migrations'));
  writeFileSync(join(clone, 'migrations/0001_initial.sql'), readFileSync('migrations/0001_initial.sql'));
  const secrets = asked.map(({ groups }) => ({
    type: 'secret_text',
    name: groups?.['name'] ?? '',
    text: 'of the page',
  }));
  uploadVersion(account, 'my-exchange', { bindings: secrets, keepBindings: [] });

  const environment = { WORKERS_CI: '1', WRANGLER_CI_OVERRIDE_NAME: 'my-exchange' };
  for (const build of ['the first build', 'the next one']) {
    const { run, changes } = standInWrangler(account);
    const { refusal, questions } = await deploy(account, run, [], { environment, config });
    expect([refusal, questions], build).toEqual([null, []]);
    expect(changes.filter((change) => change.includes('create'))).toEqual([]);
  }
  const worker = account.workers.get('my-exchange');
  expect([...(worker?.secrets.values() ?? [])]).toEqual(['of the page', 'of the page']);
  expect(worker?.versions.at(-1)?.bindings).toContainEqual(expect.objectContaining({ name: 'DB', id: ids.database }));
  expect(variableOf(account, 'my-exchange', 'ISSUER_URL')).toBe('https://my-exchange.acme.workers.dev');
});

describe('the button itself', () => {
  const GITHUB = 'url=https%3A%2F%2Fgithub.com%2Facme%2Fcambist)';
  it.each([
    ['https://github.com/acme/cambist', GITHUB],
    ['https://github.com/acme/cambist.git', GITHUB],
    ['git+https://github.com/acme/cambist.git', GITHUB],
    ['git@github.com:acme/cambist.git', GITHUB],
    ['ssh://git@github.com/acme/cambist.git', GITHUB],
    ['github:acme/cambist', GITHUB],
    ['https://me:secret@github.com/acme/cambist', GITHUB],
    ['https://gitlab.com/acme/platform/cambist', 'url=https%3A%2F%2Fgitlab.com%2Facme%2Fplatform%2Fcambist)'],
  ])('of %s is what Cloudflare can clone', (repository, end) => {
    expect(buttonOf(repository).endsWith(end)).toBe(true);
    expect(buttonOf(repository)).not.toContain('secret');
  });

  it.each([
    'https://git.acme.example/acme/cambist',
    'https://github.com/acme',
    '/srv/git/cambist',
    'https://github.com.evil.example/a/b',
  ])('is refused for %s', (repository) => {
    expect(() => buttonOf(repository)).toThrow(expect.objectContaining({ exitCode: 2 }));
  });

  it('stands in the README as soon as the repository has a public address, and not before', () => {
    const { repository } = manifest;
    const address = typeof repository === 'string' ? repository : repository?.url;
    const readme = readFileSync('README.md', 'utf8');
    if (address === undefined) expect(readme).not.toContain('deploy.workers.cloudflare.com/?url');
    else expect(readme).toContain(buttonOf(address));
  });
});
