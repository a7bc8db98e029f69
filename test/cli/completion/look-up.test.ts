// What a shell is told while somebody types: names that no shell reads otherwise, quickly, and never a message, a question or a secret.

import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

import { LOOK_UP_TIMEOUT_MS } from '../../../src/cli/limits.ts';
import type { CliRun, CliWorld } from '../support/cli.ts';
import { cambist } from '../support/cli.ts';
import { FAKE_ENV, fakeApi } from '../support/fake-api.ts';

const directory = mkdtempSync(join(tmpdir(), 'cambist-look-up-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

async function ask(words: readonly string[], world: CliWorld = { elsewhere: fakeApi() }): Promise<CliRun> {
  return await cambist(['__complete', ...words], { env: FAKE_ENV, ...world });
}

/** A deployment with these objects. */
function answering(objects: readonly object[]): CliWorld {
  return { elsewhere: () => Response.json(objects) };
}

const NOTHING = { code: 0, stdout: '', stderr: '' };

describe('what a shell is offered', () => {
  it.each([
    ['providers', 'GitHub\thttps://a.example\n'],
    ['service-accounts', 'deployer\ttext\n'],
    ['identities', 'main\trepo:acme/app\n'],
    ['identity-ids', 'fid_01h45ytscbebyvny4gc8cr8ma2\tmain repo:acme/app\n'],
    ['roles', 'reader\ttext\n'],
    ['keys', 'first\tES256 active\n'],
  ])('for %s', async (kind, expected) => {
    expect(await ask([kind, ''])).toEqual({ ...NOTHING, stdout: expected });
  });

  it('for organisations', async () => {
    const world = answering([{ identity: 'org_01h45ytscbebyvny4gc8cr8ma2', slug: 'acme', name: 'Acme' }]);
    expect((await ask(['organisations', ''], world)).stdout).toBe('acme\tAcme\n');
  });

  it('is the id, once one is begun', async () => {
    const id = 'role_01h45ytscbebyvny4gc8cr8ma2\treader text\n';
    for (const begun of ['ro', 'role_', 'role_01h45']) expect((await ask(['roles', begun])).stdout).toBe(id);
    // What names begin with, too, means a name.
    expect((await ask(['roles', 'r'])).stdout).toBe('reader\ttext\n');
  });

  it.each(['a b', '$(id)', '`id`', '-x', "a'b", 'a;b', 'a\nb', 'a\tb', 'Zürich', 'repo:a', '~a', ''])(
    'is the id of what is called %j',
    async (name) => {
      const identity = 'idp_01h45ytscbebyvny4gc8cr8ma2';
      const { stdout } = await ask(
        ['providers', ''],
        answering([{ identity, name, providerIssuer: 'https://a.example' }]),
      );
      expect(stdout.split('\t')[0]).toBe(identity);
      expect(stdout.match(/[\n\t]/g)).toHaveLength(2);
    },
  );

  it('is the id of those that share a name', async () => {
    const [a, b] = ['fid_01h45ytscbebyvny4gc8cr8ma2', 'fid_01h45ytscbebyvny4gc8cr8ma3'];
    const { stdout } = await ask(
      ['identities', ''],
      answering([
        { identity: a, name: 'main' },
        { identity: b, name: 'main' },
      ]),
    );
    expect(stdout).toBe(`${a}\tmain\n${b}\tmain\n`);
  });

  it('obeys no control character, and stays one short line', async () => {
    const description = `\u001b]52;c;AAAA\u0007\u009b31m\u202e\r\nx${'y'.repeat(500)}`;
    const { stdout } = await ask(['service-accounts', ''], answering([{ slug: 'a', description }]));
    expect(stdout).toMatch(/^a\t[\x20-\x7E]{1,80}…\n$/);
  });

  it('comes from the deployment that the line names, also as bash splits it', async () => {
    const asked: string[] = [];
    const world: CliWorld = {
      elsewhere: (url, headers) => {
        asked.push(`${url.origin} ${headers.get('x-organisation-identity') ?? ''}`);
        return Response.json([]);
      },
    };
    await ask(['roles', '', '--url', 'https://a.example', '--organisation', 'b'], world);
    await ask(['roles', '', '--organisation=b', '--url=https://a.example'], world);
    await ask(['roles', '', '--url', 'https', ':', '//a.example', '--organisation', '=', 'b'], world);
    expect(asked).toEqual(Array.from({ length: 3 }, () => 'https://a.example b'));
  });
});

describe('nothing is offered, and nothing said,', () => {
  it.each<[string, readonly string[], CliWorld]>([
    ['without a deployment', ['roles', ''], { env: {} }],
    ['without a token', ['roles', ''], { env: { CAMBIST_URL: FAKE_ENV.CAMBIST_URL } }],
    ['if nobody answers', ['roles', ''], {}],
    ['for a refusal', ['roles', ''], { elsewhere: () => Response.json({ title: 'no' }, { status: 401 }) }],
    ['for a page', ['roles', ''], { elsewhere: () => new Response('<html>') }],
    ['for what is no list', ['roles', ''], { elsewhere: () => Response.json({ slug: 'a' }) }],
    ['for a list of something else', ['roles', ''], { elsewhere: () => Response.json([null, 1, 'a', []]) }],
    ['for an unknown kind', ['constructor', ''], { elsewhere: fakeApi() }],
    ['for a file that cannot be read', ['roles', '', '--token-file', '/nowhere'], { elsewhere: fakeApi() }],
    ['without any word', [], {}],
  ])('%s', async (_, words, world) => {
    expect(await ask(words, world)).toEqual(NOTHING);
  });

  it('if a token would have to come from a command, which is not run', async () => {
    const ran = join(directory, 'ran');
    mkdirSync(join(directory, 'cambist'));
    const text = `default: a\ndeployments: {a: {url: "https://a.example", tokenCommand: "touch ${ran}; echo token"}}\n`;
    writeFileSync(join(directory, 'cambist/config.yaml'), text, { mode: 0o600 });
    const env = { XDG_CONFIG_HOME: directory, PATH: process.env['PATH'] ?? '' };
    expect(await ask(['roles', ''], { env, elsewhere: fakeApi() })).toEqual(NOTHING);
    expect(existsSync(ran)).toBe(false);
    // The same line, run.
    expect((await cambist(['roles', 'list'], { env, elsewhere: fakeApi() })).code).toBe(0);
    expect(existsSync(ran)).toBe(true);
  });

  it('if the deployment is slow', async () => {
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const url = `http://localhost:${(silent.address() as AddressInfo).port}`;
    const started = performance.now();
    expect(await ask(['roles', ''], { env: { ...FAKE_ENV, CAMBIST_URL: url } })).toEqual(NOTHING);
    expect(performance.now() - started).toBeLessThan(2 * LOOK_UP_TIMEOUT_MS);
    silent.close();
  });
});
