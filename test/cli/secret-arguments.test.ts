// A token, a key or a password on the command line is refused or hidden, and no message repeats it (contract §1).

import { describe, expect, it } from 'vitest';

import { holdsSecret, looksOpaque, secretConcealer } from '../../src/cli/conceal-secrets.ts';
import { cambist } from './support/cli.ts';
import { FAKE_ENV, fakeApi } from './support/fake-api.ts';

const HIDDEN = '<hidden>';
const encode = (value: object, indent?: number): string =>
  Buffer.from(JSON.stringify(value, null, indent)).toString('base64url');
const CLAIMS = { iss: 'https://a.example', sub: 'repo:acme/app', marker: 'a-private-claim' };
const JWT = `${encode({ alg: 'RS256', typ: 'JWT' })}.${encode(CLAIMS)}.${'Sig0'.repeat(20)}`;
/** Its header starts with white space, so not with `eyJ`. */
const SPACED_JWT = `${encode({ alg: 'RS256', typ: 'JWT' }, 2)}.${encode(CLAIMS, 2)}.${'Sig0'.repeat(20)}`;
const JWE = `${encode({ alg: 'RSA-OAEP', enc: 'A256GCM' })}.${'Ab9_'.repeat(10)}.${'Cd8-'.repeat(4)}.${'Ef7_'.repeat(8)}.tag`;
const TOKENS = {
  'a JWT': JWT,
  'a JWT with spaces in its header': SPACED_JWT,
  'a JWE': JWE,
  'half a JWT': JWT.slice(0, 60),
  'a GitHub token': `ghp_${'a1B2'.repeat(9)}`,
  'a GitLab token': `glpat-${'a1B2'.repeat(5)}`,
  // In pieces, since no file may look as if it held a private key.
  'an access credential of ours': `cbs_${'a1-_'.repeat(10)}`,
  'a key in PEM': ['-----BEGIN PRIVATE', 'KEY-----\nMIGHAgEAMBMGByqGSM49\n-----END PRIVATE', 'KEY-----'].join(' '),
};
/** Opaque, as `openssl rand` and the service make them. */
const OPAQUE = {
  'a root token': 'k3mQ9vXw2LpZ7rTnB5cHs8dYfJ6gAe4uWq1xNyVtRo0',
  'a root token in hexadecimal': '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  'a root token in base64': 'k3mQ9vXw2LpZ/rTnB5cHs8dYf+6gAe4uWq1xNyVtRo0=',
};

/** Every place that takes the name of a file. */
const PLACES: readonly (readonly [name: string, argv: (value: string) => readonly string[]])[] = [
  ['decode', (value) => ['decode', value]],
  ['explain --token', (value) => ['explain', '--token', value]],
  ['explain --token=', (value) => ['explain', `--token=${value}`]],
  ['explain --claims', (value) => ['explain', '--claims', value]],
  ['--token-file', (value) => ['me', '--token-file', value]],
  ['bootstrap --from-token', (value) => ['bootstrap', 'github', '--from-token', value]],
  ['apply -f', (value) => ['apply', '-f', value]],
  ['plan --file', (value) => ['plan', '--file', value]],
  ['test -f', (value) => ['test', '-f', value]],
  ['keys generate --add-to', (value) => ['keys', 'generate', '--add-to', value]],
  ['token --source file:', (value) => ['token', '--source', `file:${value}`]],
  ['token --source env:', (value) => ['token', '--source', `env:${value}`]],
  ['token --source', (value) => ['token', '--source', value]],
  ['detect --source', (value) => ['detect', '--source', value]],
];

/** Every other place where somebody may paste one. */
const ELSEWHERE: readonly (readonly [name: string, argv: (value: string) => readonly string[]])[] = [
  ['a command', (value) => [value]],
  ['a command of a group', (value) => ['keys', value]],
  ['an option', (value) => ['me', `--${value}`]],
  ['one word too many', (value) => ['me', value]],
  ['a choice', (value) => ['keys', 'rotate', '--alg', value]],
  ['a number', (value) => ['audit', '--limit', value]],
  ['--url', (value) => ['me', '--url', value]],
  ['--url with a password', (value) => ['me', '--url', `ftp://user:${value}@tokens.example.com`]],
  ['--set', (value) => ['identities', 'update', 'main', '--set', value]],
  ['--set of a member', (value) => ['identities', 'update', 'main', '--set', `nothing=${value}`]],
  ['--label', (value) => ['identities', 'update', 'main', '--label', value]],
  ['the name of an object', (value) => ['identities', 'show', value]],
  ['--issuer of the doctor', (value) => ['doctor', '--issuer', value]],
  ['a time', (value) => ['audit', '--since', value]],
  ['trust', (value) => ['trust', 'aws', '--service-account', value]],
  ['a condition', (value) => ['bootstrap', 'github', '--repository', 'acme/app', '--condition', value]],
  ['the output file', (value) => ['token', '--output', 'file', '--file', value]],
  ['a host', (value) => ['token', '--output', 'netrc', '--host', value]],
];

async function run(argv: readonly string[], env: Readonly<Record<string, string>> = FAKE_ENV) {
  // Nothing is there by any name, so that names are repeated where they would be.
  const empty = fakeApi();
  const elsewhere = (url: URL, headers: Headers, method: string): Response =>
    url.searchParams.has('name') || url.searchParams.has('slug') ? Response.json([]) : empty(url, headers, method);
  return await cambist(argv, { env, elsewhere });
}

describe.each([...PLACES, ...ELSEWHERE])('%s', (_, argv) => {
  it.each(Object.entries(TOKENS))('refuses %s, unrepeated', async (_name, token) => {
    const { code, stdout, stderr } = await run(argv(token));
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('It is not repeated here.');
    for (const piece of token.split(/[.\n]/)) expect(stderr).not.toContain(piece.slice(0, 16));
  });

  it.each(Object.entries(OPAQUE))('does not repeat %s', async (_name, secret) => {
    for (const more of [[], ['--json']]) {
      const { code, stdout, stderr } = await run([...argv(secret), ...more]);
      expect(code).toBeGreaterThan(0);
      expect(stdout + stderr).not.toContain(secret.slice(0, 16));
    }
  });
});

describe('claims where a file is expected', () => {
  const inline = JSON.stringify(CLAIMS);

  it('uses the JSON that --claims gives', async () => {
    const { code, stdout, stderr } = await run(['explain', '--claims', inline]);
    expect([code, stderr]).toEqual([1, '']);
    expect(stdout).toContain('Refused: subject_mismatch');
  });

  it('does not repeat JSON that is broken', async () => {
    const { code, stderr } = await run(['explain', '--claims', inline.slice(0, -1)]);
    expect([code, stderr]).toEqual([2, expect.stringContaining('What --claims gives is not a JSON object of claims.')]);
    expect(stderr).not.toContain('a-private-claim');
  });

  it.each(PLACES.filter(([name]) => !name.includes('--claims')))('refuses it unrepeated: %s', async (_, argv) => {
    const { code, stdout, stderr } = await run(argv(inline));
    expect(code).toBeGreaterThan(0);
    expect(stdout + stderr).not.toContain('a-private-claim');
  });
});

describe('what is not a secret', () => {
  it.each([
    ['decode', './no-such-file-of-a-rather-long-name.jwt'],
    ['decode', '/run/secrets/kubernetes.io/serviceaccount/Token1'],
    ['decode', 'token.txt'],
  ])('is repeated: %s %s', async (command, file) => {
    expect(await run([command, file])).toEqual({
      code: 2,
      stdout: '',
      stderr: `✖ The file ${file} cannot be read (ENOENT).\n`,
    });
  });

  it.each([
    'sa_01h45ytscbebyvny4gc8cr8ma2',
    'repo:acme@9919/shop@742190:ref:refs/heads/main',
    'https://token.actions.githubusercontent.com',
    'arn:aws:iam::123456789012:role/deploy',
    '00000000-0000-4000-8000-000000000000',
    '{9d8c7b6a-5f4e-4d3c-8b2a-1908f7e6d5c4}',
    'system:serviceaccount:payments:a-service-account-with-a-long-name',
    'a-service-account-with-a-rather-long-name',
    'my-service.my-namespace.svc.cluster.local',
    'localJwks={"keys":[]}',
  ])('%s', (word) => {
    expect([holdsSecret(word), looksOpaque(word)]).toEqual([false, false]);
    expect(secretConcealer([word], {})(`no ${word} here`)).toBe(`no ${word} here`);
  });

  it('belongs to a command that is run: its words are its own', async () => {
    const { stderr } = await run(['exec', '--', 'deploy', JWT], {});
    expect(stderr).toContain('Which deployment?');
  });
});

describe('a setting that holds a secret by mistake', () => {
  it.each([...Object.entries(TOKENS), ...Object.entries(OPAQUE)])('does not repeat %s', async (_, secret) => {
    for (const [name, argv] of [
      ['CAMBIST_URL', ['me']],
      ['CAMBIST_SOURCE', ['token']],
      ['CAMBIST_SOURCE', ['detect']],
      ['CAMBIST_LIFETIME', ['token', '--source', 'env:NOPE']],
    ] as const) {
      const { code, stdout, stderr } = await run(argv, { ...FAKE_ENV, [name]: secret });
      expect(code).toBeGreaterThan(0);
      expect(stdout + stderr).not.toContain(secret.split('\n')[0]?.slice(0, 24));
    }
  });
});

describe('secretConcealer', () => {
  it.each([
    [
      'a password in an address',
      ['https://user:pa55@a.example/x'],
      'at https://user:pa55@a.example/x',
      `at https://${HIDDEN}@a.example/x`,
    ],
    [
      'one that makes no address',
      ['https://us/er:p@ss#w0rd@a.example'],
      'no https://us/er:p@ss#w0rd@a.example',
      `no https://${HIDDEN}@a.example`,
    ],
    [
      'a value whose name says what it is',
      ['client_secret=hunter2'],
      '--set client_secret=hunter2 sets nothing',
      `--set client_secret=${HIDDEN} sets nothing`,
    ],
    ['what JSON would write of it', [`{"a":"${'x'.repeat(9)}"}`], `"{\\"a\\":\\"${'x'.repeat(9)}\\"}"`, `"${HIDDEN}"`],
  ])('hides %s', (_, words, message, shown) => {
    expect(secretConcealer(words, {})(message)).toBe(shown);
  });

  it('hides the token of the environment', () => {
    const conceal = secretConcealer([], { CAMBIST_TOKEN: FAKE_ENV.CAMBIST_TOKEN });
    expect(conceal(`Bearer ${FAKE_ENV.CAMBIST_TOKEN}`)).toBe(`Bearer ${HIDDEN}`);
  });
});

describe('the file of an output', () => {
  const said = 'it holds /run/cambist/api-token and hunter2hunter2';

  it('is named in a message, although its type is called token', () => {
    for (const type of ['token', 'id-token'])
      expect(secretConcealer(['agent', '--output', `${type}=/run/cambist/api-token`], {})(said)).toBe(said);
  });

  it('is no excuse for a secret: not elsewhere, and not where a file should be', () => {
    expect(secretConcealer(['agent', '--scope', 'token=hunter2hunter2'], {})(said)).toBe(
      `it holds /run/cambist/api-token and ${HIDDEN}`,
    );
    for (const secret of [...Object.values(TOKENS), ...Object.values(OPAQUE)])
      expect(secretConcealer(['agent', '--output', `token=${secret}`], {})(`no file ${secret}`)).not.toContain(secret);
  });
});
