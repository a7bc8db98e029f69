// The published packages as strangers get them: packed, installed into empty projects without the network, and run on the oldest Node.js that they name.

import { execFile, spawnSync } from 'node:child_process';
import { copyFileSync, globSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';

import { startGithubIssuer } from '../../scripts/demo/github-issuer.ts';
import type { GithubIssuer } from '../../scripts/demo/github-issuer.ts';
import { endAll, start, temporaryDirectory } from '../support/local-process.ts';
import { startService } from '../support/service.ts';
import type { Service } from '../support/service.ts';
import { exampleIn, sdkExports } from './sdk-exports.ts';

const API = 'https://api.acme.example';
const REPOSITORY = { repository: 'acme/shop', ref: 'refs/heads/main', subjectForm: 'immutable' } as const;
const BIN = join(process.cwd(), 'node_modules', '.bin');

interface Manifest {
  readonly version: string;
  readonly files: readonly string[];
  readonly exports: Readonly<Record<string, unknown>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly engines: { readonly node: string };
}

const manifestOf = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
const SDK = manifestOf('packages/sdk');
const CLI = manifestOf('packages/cli');

/** The first Node.js of the oldest major that the packages name, on the PATH; null if this machine has none. */
function oldestNode(): string | null {
  const major = /^>=(\d+)/.exec(SDK.engines.node)?.[1];
  const candidates = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'node'));
  const versionOf = (node: string): string => spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout ?? '';
  return candidates.find((node) => versionOf(node).startsWith(`v${major}.`)) ?? null;
}

const OLDEST = oldestNode();
const NODES: readonly (readonly [string, string])[] = [
  ['this Node.js', process.execPath],
  ...(OLDEST === null ? [] : [['the oldest Node.js', OLDEST] as const]),
];

const CONFIGURATION = `
name: shop
deployment: https://tokens.example.com
providers:
  GitHub:
    providerIssuer: https://token.actions.githubusercontent.com
serviceAccounts:
  deployer:
    identities:
      main:
        provider: GitHub
        providerSubject: repo:acme@123456/app@456789:ref:refs/heads/main
        expression: claims.ref == 'refs/heads/main'
        allowedScopes: [api:read]
tests:
  main deploys:
    provider: GitHub
    claims:
      sub: repo:acme@123456/app@456789:ref:refs/heads/main
      repository: acme/app
      repository_id: '456789'
      repository_owner: acme
      repository_owner_id: '123456'
      ref: refs/heads/main
      event_name: push
    allowed: deployer
`;

let service: Service;
let issuer: GithubIssuer;
let sdkProject: string;
let cliProject: string;
let examples: readonly string[];

/** Runs a program to its end; its output. */
async function run(command: string, args: readonly string[], variables: Record<string, string> = {}): Promise<string> {
  const program = start(command, args, variables);
  const { code } = await program.exited;
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${program.output()}`);
  return program.output();
}

/** An empty project with this tarball and these libraries, taken from this repository's node_modules; nothing else can be had. */
async function install(name: string, tarball: string, libraries: readonly string[]): Promise<string> {
  const project = temporaryDirectory();
  const copies = libraries.map((library) => [library, `file:${join(process.cwd(), 'node_modules', library)}`]);
  const dependencies = { ...Object.fromEntries(copies), [name]: `file:${tarball}` };
  writeFileSync(join(project, 'package.json'), JSON.stringify({ private: true, type: 'module', dependencies }));
  const flags = ['--offline', '--no-audit', '--no-fund', '--install-links', '--ignore-scripts', '--silent'];
  await run('npm', ['install', '--prefix', project, '--cache', temporaryDirectory(), ...flags]);
  return project;
}

/** The packages in a project, as npm put them there. */
function installedIn(project: string): readonly string[] {
  const folders = readdirSync(join(project, 'node_modules')).filter((name) => !name.startsWith('.'));
  return folders
    .flatMap((name) =>
      name.startsWith('@') ? readdirSync(join(project, 'node_modules', name)).map((one) => `${name}/${one}`) : [name],
    )
    .toSorted();
}

/** The packages that these files of an installed package import, in the form in which tsc writes imports. */
function importedBy(folder: string, files = 'dist/**/*.js'): readonly string[] {
  const imports = /^(?:import|export) (?:[^;']*? from )?'([^'.][^']*)'|\bimport\('([^'.][^']*)'\)/gm;
  const modules = globSync(files, { cwd: folder }).flatMap((file) =>
    [...readFileSync(join(folder, file), 'utf8').matchAll(imports)].map(([, early, late]) => early ?? late ?? ''),
  );
  const names = modules
    .filter((name) => !name.startsWith('node:'))
    .map((name) => /^(?:@[^/]+\/)?[^/]+/.exec(name)?.[0]);
  return [...new Set(names)].flatMap((name) => name ?? []).toSorted();
}

beforeAll(async () => {
  const tarballs = temporaryDirectory();
  await run('npm', ['pack', '--workspaces', '--silent', '--pack-destination', tarballs]);
  const tarball = (name: string, { version }: Manifest): string => join(tarballs, `${name}-${version}.tgz`);
  sdkProject = await install('@cambist/sdk', tarball('cambist-sdk', SDK), [...Object.keys(SDK.dependencies), 'hono']);
  cliProject = await install('cambist', tarball('cambist', CLI), Object.keys(CLI.dependencies));
  for (const file of ['deploy.mjs', 'consumer.ts'])
    copyFileSync(join('test/fixtures/consumer', file), join(sdkProject, file));
  examples = sdkExports().map(({ documentation }, index) => {
    const file = `example-${index}.ts`;
    writeFileSync(join(sdkProject, file), exampleIn(documentation) ?? '');
    return file;
  });
  [service, issuer] = [await startService(), await startGithubIssuer()];
  const provider = await service.create('/v1/federated-identity-providers', {
    name: 'github',
    providerIssuer: issuer.issuer,
    status: 'active',
    preset: 'github',
  });
  const account = await service.create('/v1/service-accounts', { name: 'deployer' });
  await service.create('/v1/federated-identities', {
    name: 'shop-main',
    serviceAccountIdentity: account,
    providerIdentity: provider,
    providerSubject: 'repo:acme/shop:ref:refs/heads/main',
    allowedScopes: ['api:read', 'api:write'],
    tokenAudiences: [API, service.url],
  });
  const role = await service.create('/v1/iam/roles', {
    name: 'cleaner',
    rules: [{ resources: ['things'], permissions: ['delete'] }],
  });
  await service.create(`/v1/iam/roles/${role}/bindings`, {
    name: 'cleaner of shop',
    serviceAccountIdentity: account,
    projects: ['shop'],
  });
});

afterAll(async () => {
  await issuer.stop();
  await endAll();
});

it('is one version', () => {
  expect([SDK.version, CLI.version]).toEqual([manifestOf('.').version, manifestOf('.').version]);
});

it.skipIf(OLDEST === null)('finds the oldest Node.js that the packages name on this machine', () => {
  expect(NODES).toHaveLength(2);
});

describe('@cambist/sdk', () => {
  it.each(NODES)('gets tokens, and protects an API by scopes and permissions, on %s', async (_name, node) => {
    const file = join(sdkProject, 'token');
    writeFileSync(file, `${await issuer.sign({ ...REPOSITORY, audience: service.url })}\n`);
    const variables = { ISSUER_URL: service.url, API, TOKEN_FILE: file };
    const output = await run(node, [join(sdkProject, 'deploy.mjs')], variables);
    expect(JSON.parse(output)).toEqual({
      read: [200, null],
      delete: [
        403,
        'Bearer error="insufficient_scope", error_description="no role of the account permits to delete things (without a project, only organisation-wide roles count)"',
      ],
      deleteInShop: [200, null],
      deleteInBilling: [
        403,
        'Bearer error="insufficient_scope", error_description="no role of the account permits to delete things (in this project)"',
      ],
      scopes: ['api:read'],
      refused: [true, 'invalid_scope', 400],
      afterRevocation: [
        401,
        'Bearer error="invalid_token", error_description="the issuer of the token no longer accepts it; get a new one"',
      ],
    });
  });

  it.each(['nodenext', 'bundler'])(
    'is typed for moduleResolution %s, its declarations and examples checked too',
    async (resolution) => {
      const module = resolution === 'nodenext' ? 'nodenext' : 'preserve';
      const flags = [
        '--ignoreConfig',
        '--noEmit',
        '--strict',
        '--target',
        'es2022',
        '--lib',
        'es2022,dom',
        '--types',
        '',
      ];
      const files = ['consumer.ts', ...examples].map((file) => join(sdkProject, file));
      expect(
        await run(join(BIN, 'tsc'), [...flags, '--module', module, '--moduleResolution', resolution, ...files]),
      ).toBe('');
    },
  );

  it('is packaged without a fault (publint)', async () => {
    const installed = join(sdkProject, 'node_modules', '@cambist', 'sdk');
    expect(await run(join(BIN, 'publint'), [installed, '--strict', '--pack', 'false'])).toContain('All good');
  });

  it('brings jose and nothing else; hono is the API’s own', () => {
    expect(Object.keys(SDK.dependencies)).toEqual(['jose']);
    expect(Object.keys(SDK.peerDependencies ?? {})).toEqual(['hono']);
    expect(installedIn(sdkProject)).toEqual(['@cambist/sdk', 'hono', 'jose']);
  });

  it('holds nothing but what is published, and its client needs nothing else', () => {
    const installed = join(sdkProject, 'node_modules', '@cambist', 'sdk');
    expect(readdirSync(installed).toSorted()).toEqual(['LICENSE', 'README.md', 'dist', 'package.json']);
    expect(Object.keys(SDK.exports)).toEqual(['.', './verify', './hono', './package.json']);
    // Of hono it needs types alone.
    expect(importedBy(installed)).toEqual(['jose']);
    expect(importedBy(join(installed, 'dist/client'), '*.js')).toEqual([]);
  });
});

describe('cambist, the command line', () => {
  it.each(NODES)('exchanges a token, makes keys and decides offline on %s', async (_name, node) => {
    const variables = {
      CAMBIST_URL: service.url,
      CAMBIST_ID_TOKEN: await issuer.sign({ ...REPOSITORY, audience: service.url }),
    };
    const cambist = async (...args: string[]): Promise<string> =>
      await run(node, [join(cliProject, 'node_modules/.bin/cambist'), ...args], variables);
    expect(await cambist('--version')).toBe(`${CLI.version}\n`);
    expect(await cambist('--help')).toContain('Usage: cambist <command>');
    expect(await cambist('token', '--scope', 'api:read')).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    expect(Object.keys(JSON.parse(await cambist('keys', 'generate')) as object)).toEqual(['keys']);
    const file = join(cliProject, 'cambist.yaml');
    writeFileSync(file, CONFIGURATION);
    expect(await cambist('test', '--file', file)).toContain('1 passed');
  });

  it('answers what a kubelet sends, with the arguments and variables of its configuration (contract §9)', async () => {
    interface Provider {
      readonly args: readonly string[];
      readonly env: readonly { readonly name: string; readonly value: string }[];
    }
    const file = readFileSync('deploy/kubernetes/image-pull/node/credential-provider.yaml', 'utf8');
    const { providers } = parse(file.replaceAll('https://tokens.example.com', service.url)) as {
      providers: [Provider];
    };
    const [{ args, env }] = providers;
    const podToken = await issuer.sign({ ...REPOSITORY, audience: service.url });
    /** As the kubelet starts it: its own variables, then those of the configuration; the request on standard input. */
    const pull = async (
      request: string,
      token: string,
    ): Promise<readonly [code: number, out: string, error: string]> => {
      const stdin = readFileSync(`test/fixtures/kubelet-requests/${request}.json`, 'utf8').replace('POD-TOKEN', token);
      const variables = { ...process.env, ...Object.fromEntries(env.map(({ name, value }) => [name, value])) };
      const program = join(cliProject, 'node_modules/.bin/cambist');
      return await new Promise((resolve) => {
        const child = execFile(program, args, { env: variables }, (error, out, told) =>
          resolve([error === null ? 0 : Number(error.code), out, told]),
        );
        child.stdin?.end(stdin);
      });
    };
    for (const request of ['with-token', 'with-annotations']) {
      const [code, out, told] = await pull(request, podToken);
      expect([code, told]).toEqual([0, '']);
      expect(JSON.parse(out)).toEqual({
        apiVersion: 'credentialprovider.kubelet.k8s.io/v1',
        kind: 'CredentialProviderResponse',
        cacheKeyType: 'Registry',
        cacheDuration: expect.stringMatching(/^3[45]\d\ds$/),
        auth: {
          'registry.example.com': { username: 'cambist', password: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/) },
        },
      });
    }
    const [none, nothing, why] = await pull('without-token', '');
    expect([none, nothing, why]).toEqual([2, '', expect.stringContaining('gave no token of the pod')]);
    const stranger = await issuer.sign({ ...REPOSITORY, repository: 'acme/other', audience: service.url });
    const [refused, silence, reason] = await pull('with-token', stranger);
    expect([refused, silence]).toEqual([1, '']);
    expect(reason).toContain('no federated identity accepts this token');
    expect(reason).not.toContain(stranger);
  });

  it('names exactly the packages that it imports', () => {
    const installed = join(cliProject, 'node_modules', 'cambist');
    expect(importedBy(installed)).toEqual(Object.keys(CLI.dependencies).toSorted());
    expect(installedIn(cliProject)).toEqual(['cambist', ...Object.keys(CLI.dependencies)].toSorted());
  });

  it('brings the schemas of the files that it reads, and tells editors where they are', async () => {
    const installed = join(cliProject, 'node_modules', 'cambist');
    const { schemaAddress } = (await import(join(installed, 'dist/cli/apply/schema-address.js'))) as {
      schemaAddress: (directory: string) => string;
    };
    expect(schemaAddress(cliProject)).toBe('./node_modules/cambist/dist/cambist.schema.json');
    for (const name of ['cambist.schema.json', 'agent.schema.json'])
      expect(readFileSync(join(installed, 'dist', name), 'utf8')).toBe(readFileSync(join('docs', name), 'utf8'));
  });

  it('is packaged without a fault (publint)', async () => {
    const installed = join(cliProject, 'node_modules', 'cambist');
    expect(readdirSync(installed).toSorted()).toEqual(['LICENSE', 'README.md', 'dist', 'package.json']);
    expect(await run(join(BIN, 'publint'), [installed, '--strict', '--pack', 'false'])).toContain('All good');
  });
});
