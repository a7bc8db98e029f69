// The package as strangers get it: packed, installed into an empty project without the network, type-checked and run against a real deployment.

import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { startGithubIssuer } from '../../../scripts/demo/github-issuer.ts';
import type { GithubIssuer } from '../../../scripts/demo/github-issuer.ts';
import { endAll, start, temporaryDirectory } from '../../support/local-process.ts';
import { startService } from '../../support/service.ts';
import type { Service } from '../../support/service.ts';

const API = 'https://api.acme.example';
const REPOSITORY = { repository: 'acme/shop', ref: 'refs/heads/main', subjectForm: 'immutable' } as const;
const BIN = join(process.cwd(), 'node_modules', '.bin');

let service: Service;
let issuer: GithubIssuer | undefined;
let project: string;

/** Runs a program to its end; its output. */
async function run(command: string, args: readonly string[], variables: Record<string, string> = {}): Promise<string> {
  const program = start(command, args, variables);
  const { code } = await program.exited;
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${program.output()}`);
  return program.output();
}

interface LockedPackage {
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly devOptional?: boolean;
}

/** What the package needs, from this repository's own node_modules: npm then installs copies and asks no registry. */
function dependencies(): Record<string, string> {
  const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as { packages: Record<string, LockedPackage> };
  return Object.fromEntries(
    Object.entries(lock.packages)
      .filter(([path, { dev, optional, devOptional }]) => path !== '' && !dev && !optional && !devOptional)
      .map(([path]) => [path.replace(/^node_modules\//, ''), `file:${join(process.cwd(), path)}`]),
  );
}

beforeAll(async () => {
  project = temporaryDirectory();
  const packed = await run('npm', ['pack', '--silent', '--pack-destination', project]);
  const tarball = packed.trim().split('\n').at(-1) ?? '';
  const manifest = { private: true, type: 'module', dependencies: { ...dependencies(), cambist: `file:${tarball}` } };
  writeFileSync(join(project, 'package.json'), JSON.stringify(manifest));
  const cache = temporaryDirectory();
  const flags = ['--offline', '--no-audit', '--no-fund', '--install-links', '--ignore-scripts', '--silent'];
  await run('npm', ['install', '--prefix', project, '--cache', cache, ...flags]);
  for (const file of ['deploy.mjs', 'consumer.ts']) copyFileSync(join('test/client/packed', file), join(project, file));
  [service, issuer] = [await startService(), await startGithubIssuer()];
});

afterAll(async () => {
  await issuer?.stop();
  await endAll();
});

describe('the installed package', () => {
  it('gets tokens, and protects an API by scopes and permissions, from end to end', async () => {
    const provider = await service.create('/v1/federated-identity-providers', {
      name: 'github',
      providerIssuer: issuer?.issuer,
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
    const file = join(project, 'token');
    writeFileSync(file, `${await issuer?.sign({ ...REPOSITORY, audience: service.url })}\n`);

    const output = await run(process.execPath, [join(project, 'deploy.mjs')], {
      ISSUER_URL: service.url,
      API,
      TOKEN_FILE: file,
    });
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
    'is typed for moduleResolution %s, its declarations checked too',
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
      const file = join(project, 'consumer.ts');
      expect(await run(join(BIN, 'tsc'), [...flags, '--module', module, '--moduleResolution', resolution, file])).toBe(
        '',
      );
    },
  );

  it('is packaged without a fault (publint)', async () => {
    const installed = join(project, 'node_modules', 'cambist');
    expect(await run(join(BIN, 'publint'), [installed, '--strict', '--pack', 'false'])).toContain('All good');
  });

  it('holds nothing but what is published', () => {
    const manifest = JSON.parse(readFileSync(join(project, 'node_modules/cambist/package.json'), 'utf8')) as {
      files: string[];
      exports: object;
    };
    expect(manifest.files).toEqual(['dist']);
    expect(Object.keys(manifest.exports)).toEqual(['.', './verify', './hono', './package.json']);
    // The client needs nothing else: not one import leaves its folder.
    const entry = readFileSync(join(project, 'node_modules/cambist/dist/client/index.js'), 'utf8');
    expect([...entry.matchAll(/from '([^']+)'/g)].every(([, from]) => from?.startsWith('./'))).toBe(true);
  });
});
