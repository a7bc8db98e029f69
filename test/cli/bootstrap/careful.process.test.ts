// `cambist bootstrap` against a running service that is not as it hoped: neighbours that get in, providers that somebody else made, an undo that finds nothing.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { startService } from '../../support/service.ts';
import type { Service } from '../../support/service.ts';
import { cambist } from '../support/cli.ts';
import type { CliRun } from '../support/cli.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(async () => await service.stop());

const bootstrap = async (argv: readonly string[], url = service.url): Promise<CliRun> =>
  await cambist(['bootstrap', ...argv], { env: { CAMBIST_URL: url, CAMBIST_TOKEN: service.rootToken } });

const KINDS = ['federated-identities', 'service-accounts', 'federated-identity-providers'];

async function list(kind: string): Promise<readonly Record<string, unknown>[]> {
  const response = await fetch(`${service.url}/v1/${kind}`, {
    headers: { authorization: `Bearer ${service.rootToken}` },
  });
  return await response.json();
}

/** How many objects of each kind there are. */
async function counts(): Promise<readonly number[]> {
  const all = await Promise.all(KINDS.map(async (kind) => await list(kind)));
  return all.map((objects) => objects.length);
}

afterEach(async () => {
  for (const kind of KINDS) {
    for (const { identity } of await list(kind)) {
      await fetch(`${service.url}/v1/${kind}/${String(identity)}`, {
        method: 'DELETE',
        headers: { authorization: `Bearer ${service.rootToken}` },
      });
    }
  }
});

const APP = [
  'github',
  '--repository',
  'acme/app',
  '--repository-id',
  '742190',
  '--owner-id',
  '9919',
  '--branch',
  'main',
];
const ISSUER = 'https://token.actions.githubusercontent.com';

/** The service, but every question who gets in is answered with yes. */
async function everybodyGetsIn(): Promise<{ readonly url: string; readonly stop: () => Promise<void> }> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.once('end', () => {
      void (async () => {
        const { authorization = '', 'content-type': type = 'application/json' } = request.headers;
        const answer = await fetch(service.url + (request.url ?? ''), {
          method: request.method ?? 'GET',
          headers: { authorization, 'content-type': type },
          ...(chunks.length === 0 ? {} : { body: Buffer.concat(chunks) }),
        });
        const text = await answer.text();
        response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' });
        const isExplanation = request.url?.endsWith('/explain') === true;
        response.end(isExplanation ? text.replace('"decision":"refused"', '"decision":"granted"') : text);
      })();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    stop: async () => await new Promise((resolve) => server.close(() => resolve())),
  };
}

describe('a rule that lets a neighbour in', () => {
  it('is not written, in a dry run neither, and the twin that nobody else matches is', async () => {
    for (const more of [[], ['--dry-run']]) {
      const run = await bootstrap([...APP.slice(0, -1), '*', ...more]);
      expect(run).toMatchObject({ code: 1, stderr: '' });
      expect(run.stdout).toMatch(/⚠ gets in {3}another branch\n/);
      expect(run.stdout).toMatch(/✖ Nothing was written\..*--allow-neighbour "another branch"/);
      expect(await counts()).toEqual([0, 0, 0]);
    }
    expect(await bootstrap(APP)).toMatchObject({ code: 0 });
    expect(await counts()).toEqual([1, 1, 1]);
  });

  it('is written if that neighbour was allowed by name, and by no other', async () => {
    const everyBranch = [...APP.slice(0, -1), '*', '--allow-neighbour'];
    expect(await bootstrap([...everyBranch, 'a pull request'])).toMatchObject({ code: 1 });
    expect(await counts()).toEqual([0, 0, 0]);
    expect(await bootstrap([...everyBranch, 'another branch'])).toMatchObject({ code: 0 });
    expect(await counts()).toEqual([1, 1, 1]);
  });

  it('is taken back with everything that was made for it, if only the service sees the neighbour', async () => {
    await service.create('/v1/iam/roles', { name: 'careful', rules: [{ resources: ['*'], permissions: ['read'] }] });
    const lying = await everybodyGetsIn();
    try {
      const run = await bootstrap([...APP, '--role', 'careful'], lying.url);
      expect(run).toMatchObject({ code: 1, stderr: '' });
      expect(run.stdout).toContain('⚠ gets in   another branch');
      expect(run.stdout.match(/ deleted /g)).toHaveLength(4);
      expect(run.stdout).not.toContain('.github/workflows');
      expect(await counts()).toEqual([0, 0, 0]);
    } finally {
      await lying.stop();
    }
  });

  it('is put into shadow mode if the rule was there before', async () => {
    await bootstrap(APP);
    const lying = await everybodyGetsIn();
    try {
      const run = await bootstrap([...APP, '--scope', 'api:read', '--update'], lying.url);
      expect(run).toMatchObject({ code: 1 });
      expect(run.stdout).toContain('in shadow mode: it never grants');
    } finally {
      await lying.stop();
    }
    expect(await list('federated-identities')).toMatchObject([{ mode: 'shadow' }]);
    expect(await counts()).toEqual([1, 1, 1]);
  });
});

describe('a provider that somebody else made', () => {
  const jwks = {
    keys: [
      { kty: 'OKP', crv: 'Ed25519', kid: 'theirs', alg: 'EdDSA', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' },
    ],
  };

  it.each([
    ['keys by hand', { localJwks: jwks }, true],
    ['another address of keys', { providerJwksUri: 'https://keys.example.com/jwks' }, true],
    ['other algorithms', { allowedAlgorithms: ['ES512'] }, false],
    ['another subject', { subjectClaim: 'actor' }, false],
    ['another lifetime', { maxTokenLifetime: 60 }, false],
    ['another preset', { preset: 'generic' }, false],
  ])('is not joined with %s', async (_, members, isOfKeys) => {
    // Its label proves nothing: whoever may write providers may write it.
    const labels = { 'cambist/managed-by': 'bootstrap', 'cambist/platform': 'github' };
    await service.create('/v1/federated-identity-providers', {
      name: 'github',
      providerIssuer: ISSUER,
      labels,
      ...members,
    });
    const refused = await bootstrap(APP);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining(Object.keys(members)[0] ?? '') });
    expect(refused.stderr).toContain('Nothing was written');
    expect(refused.stderr.includes('--accept-provider-keys')).toBe(isOfKeys);
    expect((await bootstrap([...APP, '--dry-run'])).code).toBe(1);
    expect(await counts()).toEqual([0, 0, 1]);
    expect((await bootstrap([...APP, '--accept-provider-keys'])).code).toBe(isOfKeys ? 0 : 1);
    expect(await counts()).toEqual(isOfKeys ? [1, 1, 1] : [0, 0, 1]);
  });

  it('of another cluster with the same issuer is told from one whose keys may be accepted (contract §5.1)', async () => {
    const jwks = (n: string): string => JSON.stringify({ keys: [{ kty: 'RSA', kid: 'k', n, e: 'AQAB' }] });
    const [theirs, ours] = ['q', 'r'].map((letter) => jwks(letter.repeat(342)));
    const issuer = 'https://kubernetes.default.svc.cluster.local';
    const directory = mkdtempSync(join(tmpdir(), 'cluster-'));
    const file = join(directory, 'jwks.json');
    const run = async (): Promise<CliRun> =>
      await bootstrap([
        'kubernetes',
        '--namespace',
        'shop',
        '--kubernetes-service-account',
        'web',
        '--issuer',
        issuer,
        '--jwks',
        file,
      ]);
    await service.create('/v1/federated-identity-providers', {
      name: 'cluster a',
      providerIssuer: issuer,
      localJwks: JSON.parse(theirs ?? ''),
    });
    writeFileSync(file, ours ?? '');
    const other = await run();
    expect(other).toMatchObject({ code: 1, stderr: expect.stringContaining('another cluster with the same issuer') });
    expect(other.stderr).not.toContain('--accept-provider-keys');
    writeFileSync(file, theirs ?? '');
    expect(await run()).toMatchObject({ code: 0 });
    rmSync(directory, { recursive: true });
  });

  it('is joined if it is just what this command would have made', async () => {
    await service.create('/v1/federated-identity-providers', { name: 'theirs', providerIssuer: ISSUER });
    expect(await bootstrap(APP)).toMatchObject({ code: 0 });
    expect(await counts()).toEqual([1, 1, 1]);
  });
});

describe('an undo that finds nothing', () => {
  it('says which bootstrap of the same workload there is, and what it would have needed', async () => {
    await bootstrap([...APP, '--service-account', 'shop-deployer']);
    const run = await bootstrap([...APP, '--undo', '--yes']);
    expect(run.stdout).toMatch(/not found/);
    expect(run.stdout).toMatch(/acts as shop-deployer:\n.*--service-account shop-deployer/);
    expect(await counts()).toEqual([1, 1, 1]);
    const found = await bootstrap([...APP, '--service-account', 'shop-deployer', '--undo', '--yes']);
    expect(found.stdout).not.toContain('made by another bootstrap');
    expect(await counts()).toEqual([0, 0, 0]);
  });
});
