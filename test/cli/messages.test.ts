// Messages that end where the user is helped: what is missing, what was meant, and the command to type.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

import type { CliRun, CliWorld } from './support/cli.ts';
import { runHere } from './cli-run.ts';
import { cambist } from './support/cli.ts';
import { FAKE_ENV, FAKE_URL, fakeApi } from './support/fake-api.ts';

const directory = mkdtempSync(join(tmpdir(), 'cambist-messages-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const GITHUB = {
  GITHUB_ACTIONS: 'true',
  ACTIONS_ID_TOKEN_REQUEST_URL: 'https://actions.example/token?api=1',
  ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'request-token',
};
const JWT = ['{"alg":"RS256"}', JSON.stringify({ iss: 'https://a.example', sub: 'a', aud: FAKE_URL }), 'signature']
  .map((part) => Buffer.from(part).toString('base64url'))
  .join('.');

describe('an option that was cut short or misspelt', () => {
  it.each([
    [
      ['bootstrap', 'github', '--repo', 'acme/app'],
      "unknown option '--repo' (Did you mean one of --repository, --repository-id?)",
    ],
    [['bootstrap', 'github', '--single'], "unknown option '--single' (Did you mean --single-use?)"],
    [['token', '--id-token-aud', 'x'], "unknown option '--id-token-aud' (Did you mean --id-token-audience?)"],
    [['me', '--organ', 'x'], "unknown option '--organ' (Did you mean --organisation?)"],
    [['audit', '--outcom', 'refused'], "unknown option '--outcom' (Did you mean --outcome?)"],
    [['audit', '--quite-another', 'x'], "unknown option '--quite-another'\n"],
    [['audit', 'verify', '--since', '1h'], '`audit verify` does not take --since\n'],
    [['audit', '--since', '1h', 'verify'], '`audit verify` does not take --since\n'],
    [['audit', '-f', 'verify'], '`audit verify` does not take --follow\n'],
  ])('%j', async (argv, message) => {
    const { code, stderr } = await cambist(argv, { env: FAKE_ENV });
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  });
});

describe('the help', () => {
  it.each([
    [['--help'], 1, 0],
    [['me', '--help'], 1, 1],
    [['keys', '--help'], 1, 1],
  ])('of %j says each option of every command once', async (argv, times, headings) => {
    const { stdout } = await cambist(argv, {});
    expect(stdout.match(/--organisation </g)).toHaveLength(times);
    expect(stdout.match(/^Global Options:$/gm) ?? []).toHaveLength(headings);
  });
});

describe('cambist detect', () => {
  it('needs no deployment, and says what depends on one', async () => {
    const { code, stdout, stderr } = await cambist(['detect'], { env: GITHUB });
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain(
      'The ID token comes from GitHub Actions. It will be asked for the address of the deployment as its audience.',
    );
    expect(stdout).toContain('With --url or CAMBIST_URL');
    const json = await cambist(['detect', '--json'], { env: GITHUB });
    expect(JSON.parse(json.stdout)).toMatchObject({ audience: null, chosen: 'github' });
  });

  it('names the audience where it is known', async () => {
    const { stdout } = await cambist(['detect'], { env: { ...GITHUB, CAMBIST_URL: FAKE_URL } });
    expect(stdout).toContain(`The ID token comes from GitHub Actions, asked for the audience ${FAKE_URL}.`);
    expect(stdout).not.toContain('With --url');
  });

  it('says what a job lacks without an address to fill in', async () => {
    const { code, stdout } = await cambist(['detect'], { env: { GITLAB_CI: 'true' } });
    expect(code).toBe(1);
    expect(stdout).toContain('aud: <address of the deployment>');
  });
});

describe('cambist token', () => {
  const refused: CliWorld['elsewhere'] = () =>
    Response.json(
      { error: 'invalid_request', error_description: 'no federated identity accepts this token' },
      { status: 400 },
    );
  const asked: string[] = [];
  const recorded: CliWorld['elsewhere'] = async () => await Promise.resolve(Response.json({}, { status: 400 }));

  it('says that the variable of env: is not set', async () => {
    for (const env of [FAKE_ENV, { ...FAKE_ENV, NOPE: '' }]) {
      const { code, stderr } = await cambist(['token', '--source', 'env:NOPE'], { env, elsewhere: recorded });
      expect([code, stderr]).toEqual([1, expect.stringContaining('✖ The variable NOPE is not set.')]);
    }
    expect(asked).toEqual([]);
  });

  it('looks a slug up in the organisation default, and says so if that was refused', async () => {
    const argv = ['token', '--source', 'env:ID_TOKEN', '--service-account', 'deployer'];
    const world = { env: { ...FAKE_ENV, ID_TOKEN: JWT }, elsewhere: refused };
    expect((await cambist(argv, world)).stderr).toContain(
      'deployer was looked for in the organisation default; --organisation names another.',
    );
    expect((await cambist([...argv, '--organisation', 'acme'], world)).stderr).toContain('in the organisation acme;');
    const byId = [...argv.slice(0, -1), 'sa_01h45ytscbebyvny4gc8cr8ma2'];
    expect((await cambist(byId, world)).stderr).not.toContain('was looked for');
  });

  it.each([
    ['an HTML page', '<html>secret</html>', { 'content-type': 'text/html' }, 'an HTML page', 'an HTML page'],
    ['nothing', '', {}, 'an empty answer', 'an empty answer'],
    ['other JSON', '{"secret":1}', { 'content-type': 'application/json' }, 'other JSON', 'access_token'],
  ])('names an answer that is %s', async (_, body, headers, kind, success) => {
    for (const status of [200, 404]) {
      const elsewhere = (): Response => new Response(body, { status, headers: headers as Record<string, string> });
      const argv = ['token', '--source', 'env:ID_TOKEN'];
      const { code, stderr } = await cambist(argv, { env: { ...FAKE_ENV, ID_TOKEN: JWT }, elsewhere });
      expect(code).toBe(1);
      expect(stderr).toContain(status === 404 ? kind : success);
      expect(stderr).not.toContain('secret');
    }
  });
});

describe('cambist test', () => {
  const test = async (expected: string, more = ''): Promise<CliRun> => {
    const file = join(directory, 'tests.yaml');
    writeFileSync(
      file,
      `name: test\n${more}providers:\n  A:\n    providerIssuer: https://a.example\nserviceAccounts:\n  deployer:\n    identities:\n      main:\n        provider: A\n        providerSubject: build:main\ntests:\n  stranger:\n    provider: A\n    claims: {sub: 'build:other'}\n    serviceAccount: deployer\n    ${expected}\n`,
    );
    return await cambist(['test', '-f', file]);
  };

  it('needs no address of a deployment, and says what it took for one if a test fails', async () => {
    expect(await test('refused: subject_mismatch')).toMatchObject({ code: 0, stderr: '' });
    const failed = await test('allowed: deployer');
    expect(failed.code).toBe(1);
    expect(failed.stdout).toContain('rules without trustedAudiences were taken to trust https://deployment.invalid.');
    const named = await test('allowed: deployer', `deployment: ${FAKE_URL}\n`);
    expect(named.stdout).not.toContain('deployment.invalid');
  });

  it('warns of a rule that accepts more, or less, than its author may expect', async () => {
    const file = join(directory, 'broad.yaml');
    const written = (subject: string): void =>
      writeFileSync(
        file,
        `name: test\nproviders:\n  GitHub:\n    providerIssuer: https://token.actions.githubusercontent.com\nserviceAccounts:\n  deployer:\n    identities:\n      main:\n        provider: GitHub\n        providerSubject: ${subject}\n`,
      );
    written('repo:acme/app:ref:refs/heads/main');
    const { code, stderr } = await cambist(['test', '-f', file]);
    expect([code, stderr]).toEqual([0, expect.stringContaining('⚠ /serviceAccounts/deployer/identities/main: ')]);
    const { stdout, stderr: none } = await cambist(['test', '-f', file, '--json']);
    expect([none, JSON.parse(stdout)]).toMatchObject(['', { tests: [], warnings: [{ detail: expect.any(String) }] }]);
    written('repo:acme@1/app@2:ref:refs/heads/main');
    expect(await cambist(['test', '-f', file])).toMatchObject({ code: 0, stderr: '' });
  });

  it('lists the reasons there are for one that does not exist, or that no test can end in', async () => {
    const unknown = await test('refused: subject_mismach');
    expect(unknown.code).toBe(1);
    expect(unknown.stderr).toContain(
      '/tests/stranger/refused: is no reason that there is: "subject_mismach"; it is one of',
    );
    expect(unknown.stderr).toContain(' subject_mismatch, ');
    const online = await test('refused: signature_invalid');
    expect(online.stderr).toContain('is never the reason of a test: claims count as verified (signature_invalid)');
    expect((await test('refused: any')).code).toBe(0);
  });
});

describe('cambist doctor', () => {
  const answering =
    (ready: object): CliWorld['elsewhere'] =>
    (url, headers, method) =>
      url.pathname === '/readyz' ? Response.json(ready, { status: 503 }) : fakeApi()(url, headers, method);
  const advice = async (setting: string, detail: string): Promise<string> =>
    (await cambist(['doctor'], { env: FAKE_ENV, elsewhere: answering({ faults: [{ setting, detail }] }) })).stdout;

  it.each([
    ['SIGNING_KEYS', 'SIGNING_KEYS is missing', '`npx wrangler secret put SIGNING_KEYS`, never wrangler.toml'],
    ['SEALING_KEY', 'SEALING_KEY is missing', '`npx wrangler secret put SEALING_KEY`, never wrangler.toml'],
    ['ADMIN_TOKEN', 'ADMIN_TOKEN is too short', '`npx wrangler secret put ADMIN_TOKEN`, never wrangler.toml'],
    [
      'SIGNING_KEYS',
      'signing key a (ES256) is active but missing from SIGNING_KEYS: put it back, or make a standby key active with an emergency rotation',
      '`cambist keys rotate --alg ES256 --mode emergency`',
    ],
    [
      'SIGNING_KEYS',
      'signing key a (RS256) is active and sealed, but SEALING_KEY is not set: put it back, or make a standby key active with an emergency rotation',
      '`npx wrangler secret put SEALING_KEY`, or end its tokens: `cambist keys rotate --alg RS256 --mode emergency`',
    ],
    [
      'SEALING_KEY',
      'SEALING_KEY does not open the signing key a, so nothing is signed',
      'If it is lost, new keys end all tokens: `cambist keys rotate --mode emergency`',
    ],
    ['ISSUER_URL', 'ISSUER_URL is missing', 'npm run deploy -- --url https:'],
    ['DB', 'DB has no tables', '`npm run deploy` applies the schema'],
  ])('advises about %s: %s', async (setting, detail, expected) => {
    const shown = await advice(setting, detail);
    expect(shown).toContain(expected);
    if (!expected.includes('[vars]')) expect(shown).not.toContain('or in wrangler.toml');
  });

  it('shows what is only a warning, such as a database that fills, and fails for none of it (contract §5.7)', async () => {
    const detail = 'DB is 81 % full (8.1 of 10 GB)';
    const ready = { status: 'ready', warnings: [{ setting: 'DB', detail }] };
    const elsewhere: CliWorld['elsewhere'] = (url, headers, method) =>
      url.pathname === '/readyz' ? Response.json(ready) : fakeApi()(url, headers, method);
    const { stdout } = await cambist(['doctor', '--json'], { env: FAKE_ENV, elsewhere });
    const { findings } = JSON.parse(stdout) as { readonly findings: { check: string; verdict: string }[] };
    expect(findings.filter(({ check }) => ['ready', 'database'].includes(check)).slice(0, 2)).toMatchObject([
      { check: 'ready', verdict: 'ok' },
      { check: 'database', verdict: 'warning', detail },
    ]);
  });

  it('takes no page for a deployment, whatever its status', async () => {
    const elsewhere = (): Response =>
      new Response('<!doctype html>hello', { headers: { 'content-type': 'text/html' } });
    const { code, stdout } = await cambist(['doctor'], { env: FAKE_ENV, elsewhere });
    expect([code, stdout]).toEqual([1, expect.stringContaining('/healthz answers 200 with an HTML page')]);
  });
});

it('keys rotate sends what abandons a secret, and refuses to narrow it (exit 2)', async () => {
  const sent: unknown[] = [];
  const answer = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    sent.push(await new Request(input, init).json());
    return Response.json({ detail: 'no' }, { status: 409 });
  };
  const rotate = async (...more: string[]): Promise<number> =>
    (await runHere(['keys', 'rotate', '--source', 'bundle', '--yes', ...more], FAKE_ENV, { fetch: answer })).code;
  expect([await rotate('--alg', 'ES256'), await rotate('--kid', 'a'), sent]).toEqual([2, 2, []]);
  expect([await rotate('--mode', 'emergency'), sent]).toEqual([1, [{ mode: 'emergency', source: 'bundle' }]]);
});

it('keys rotate names the command that makes a standby key', async () => {
  const problem =
    (detail: string): CliWorld['elsewhere'] =>
    () =>
      Response.json({ detail }, { status: 409 });
  const rotate = async (detail: string): Promise<string> =>
    (await cambist(['keys', 'rotate', '--alg', 'RS256'], { env: FAKE_ENV, elsewhere: problem(detail) })).stderr;
  expect(await rotate('there is no standby key for RS256: add one')).toContain(
    '`cambist keys generate --alg RS256 | npx wrangler secret put SIGNING_KEYS_NEXT`',
  );
  expect(await rotate('the standby key has been published for less than 300 seconds')).not.toContain('keys generate');
});
