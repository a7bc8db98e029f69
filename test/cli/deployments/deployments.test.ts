// Deployments by name: which one is meant, whose token it gets, and what a file must be that says so (contract §9).

import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

import type { CliRun, CliWorld } from '../support/cli.ts';
import { cambist } from '../support/cli.ts';
import { fakeApi } from '../support/fake-api.ts';

const directory = mkdtempSync(join(tmpdir(), 'cambist-deployments-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const FILE = `# kept by hand
default: staging
deployments:
  production:
    url: https://tokens.example.com
    organisation: acme
    tokenVariable: PRODUCTION_TOKEN
  staging:
    url: https://staging.example.com
    tokenFile: staging-token
  bare:
    url: https://bare.example.com
`;
let homes = 0;

/** A home with this file, and the token of staging. */
function home(text: string | null = FILE, mode = 0o600): string {
  homes += 1;
  const path = join(directory, `home${homes}`);
  mkdirSync(join(path, '.config/cambist'), { recursive: true });
  writeFileSync(join(path, '.config/cambist/staging-token'), 'the-token-of-staging\n', { mode: 0o600 });
  if (text !== null) writeFileSync(fileIn(path), text, { mode });
  if (text !== null) chmodSync(fileIn(path), mode);
  return path;
}

function fileIn(path: string): string {
  return join(path, '.config/cambist/config.yaml');
}

interface Asked {
  readonly origin: string;
  readonly token: string | null;
  readonly organisation: string | null;
}

/** Runs `cambist me …` and says whom it asked, and as whom. */
async function me(
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<CliRun & { asked: Asked[] }> {
  const asked: Asked[] = [];
  const answer = fakeApi();
  const world: CliWorld = {
    env: { PRODUCTION_TOKEN: 'the-token-of-production', ...env },
    elsewhere: (url, headers, method) => {
      asked.push({
        origin: url.origin,
        token: headers.get('authorization'),
        organisation: headers.get('x-organisation-identity'),
      });
      return answer(url, headers, method);
    },
  };
  return { ...(await cambist(['me', ...argv], world)), asked };
}

const PRODUCTION = {
  origin: 'https://tokens.example.com',
  token: 'Bearer the-token-of-production',
  organisation: 'acme',
};
const STAGING = { origin: 'https://staging.example.com', token: 'Bearer the-token-of-staging', organisation: null };
const OTHER = { CAMBIST_URL: 'https://other.example.com', CAMBIST_TOKEN: 'the-token-of-other' };
const OF_OTHER = { origin: 'https://other.example.com', token: 'Bearer the-token-of-other', organisation: null };

describe('which deployment is meant', () => {
  it.each<[string, readonly string[], Readonly<Record<string, string>>, Asked]>([
    ['the default of the file', [], {}, STAGING],
    ['the one of --deployment', ['--deployment', 'production'], {}, PRODUCTION],
    ['the one of CAMBIST_DEPLOYMENT', [], { CAMBIST_DEPLOYMENT: 'production' }, PRODUCTION],
    ['an option before its variable', ['--deployment', 'staging'], { CAMBIST_DEPLOYMENT: 'production' }, STAGING],
    ['the variable of an address before the file', [], OTHER, OF_OTHER],
    [
      'an option before the variable of an address, with its own token',
      ['--deployment', 'production'],
      OTHER,
      PRODUCTION,
    ],
    [
      'the address of an option before a variable that names one',
      ['--url', 'https://other.example.com'],
      { CAMBIST_DEPLOYMENT: 'production', CAMBIST_TOKEN: 'the-token-of-other' },
      OF_OTHER,
    ],
    ['both, if they agree', ['--deployment', 'production', '--url', 'https://tokens.example.com/'], {}, PRODUCTION],
  ])('is %s', async (_, argv, env, expected) => {
    const { asked, stderr } = await me(argv, { HOME: home(), ...env });
    expect(stderr).toBe('');
    expect(asked[0]).toEqual(expected);
  });

  it.each<[string, readonly string[], Readonly<Record<string, string>>, string]>([
    ['two options', ['--deployment', 'production', '--url', 'https://other.example.com'], {}, '--deployment names'],
    ['two variables', [], { ...OTHER, CAMBIST_DEPLOYMENT: 'production' }, 'CAMBIST_DEPLOYMENT names'],
  ])('is refused if %s name two', async (_, argv, env, message) => {
    const { asked, code, stderr } = await me(argv, { HOME: home(), ...env });
    expect({ code, asked }).toEqual({ code: 2, asked: [] });
    expect(stderr).toContain(message);
  });

  it.each([
    ['--deployment', ['--deployment', 'prod'], {}],
    ['CAMBIST_DEPLOYMENT', [], { CAMBIST_DEPLOYMENT: 'prod' }],
    ['a member that every object has', ['--deployment', 'constructor'], {}],
  ])('lists the known names for an unknown one of %s (exit 2)', async (_, argv, env) => {
    const { asked, code, stderr } = await me(argv, { HOME: home(), ...env });
    expect({ code, asked }).toEqual({ code: 2, asked: [] });
    expect(stderr).toMatch(/There is no deployment "(?:prod|constructor)" in .*config\.yaml/);
    expect(stderr).toContain('production, staging, bare');
  });

  it('looks where XDG_CONFIG_HOME says, if that is absolute', async () => {
    const HOME = home(null);
    const other = join(home(), '.config');
    expect((await me([], { HOME, XDG_CONFIG_HOME: other })).asked[0]).toEqual(STAGING);
    expect((await me([], { HOME, XDG_CONFIG_HOME: '.config' })).code).toBe(2);
  });
});

describe('the organisation and the token', () => {
  it.each<[string, readonly string[], Readonly<Record<string, string>>, Partial<Asked>]>([
    ['an option before the file', ['--deployment', 'production', '--organisation', 'b'], {}, { organisation: 'b' }],
    [
      'a variable before the file',
      [],
      { CAMBIST_DEPLOYMENT: 'production', CAMBIST_ORGANISATION: 'c', CAMBIST_TOKEN: 'mine' },
      { organisation: 'c', token: 'Bearer mine' },
    ],
    [
      'the deployment of an option before variables',
      ['--deployment', 'production'],
      { CAMBIST_ORGANISATION: 'c', CAMBIST_TOKEN: 'mine' },
      { organisation: 'acme', token: 'Bearer the-token-of-production' },
    ],
    [
      'variables for what the deployment of an option leaves open',
      ['--deployment', 'bare'],
      { CAMBIST_ORGANISATION: 'c', CAMBIST_TOKEN: 'mine' },
      { organisation: 'c', token: 'Bearer mine' },
    ],
  ])('are those of %s', async (_, argv, env, expected) => {
    expect((await me(argv, { HOME: home(), ...env })).asked[0]).toMatchObject(expected);
  });

  it('never sends CAMBIST_TOKEN to another deployment than that of the CAMBIST_URL beside it', async () => {
    const { code, asked, stderr } = await me(['--deployment', 'bare'], { HOME: home(), ...OTHER });
    expect({ code, asked }).toEqual({ code: 2, asked: [] });
    expect(stderr).toContain('Who is asking?');
    const env = { HOME: home(), ...OTHER, CAMBIST_URL: 'https://bare.example.com' };
    expect((await me(['--deployment', 'bare'], env)).asked[0]?.token).toBe('Bearer the-token-of-other');
  });

  it('come from a command, as a line or as words', async () => {
    for (const command of ['"printf %s the-token; echo"', '[printf, "%s\\n", the-token]']) {
      const text = `default: a\ndeployments:\n  a: {url: https://a.example.com, tokenCommand: ${command}}\n`;
      const env = { HOME: home(text), PATH: process.env['PATH'] ?? '' };
      expect((await me([], env)).asked[0]?.token).toBe('Bearer the-token');
    }
  });

  it.each([
    ['tokenCommand: "exit 3"', 'ended with exit code 3', 1],
    ['tokenCommand: "true"', 'prints nothing', 1],
    ['tokenCommand: [/nowhere/at/all]', 'cannot be run (ENOENT)', 1],
    ['tokenFile: nowhere', 'which does not exist', 2],
    ['tokenVariable: NOWHERE', 'expected in NOWHERE, which is not set', 2],
    ['tokenCommand: "echo two tokens"', 'holds something that is not one token', 2],
  ])('are missed by name: %s', async (member, message, code) => {
    const text = `default: a\ndeployments:\n  a:\n    url: https://a.example.com\n    ${member}\n`;
    const run = await me([], { HOME: home(text), PATH: process.env['PATH'] ?? '' });
    expect(run).toMatchObject({ code, asked: [] });
    expect(run.stderr).toContain(message);
  });

  it('are not taken from a file of a token that others can read', async () => {
    const HOME = home();
    chmodSync(join(HOME, '.config/cambist/staging-token'), 0o644);
    const { code, stderr, asked } = await me([], { HOME });
    expect({ code, asked }).toEqual({ code: 2, asked: [] });
    expect(stderr).toContain('chmod 600');
    expect(stderr).not.toContain('the-token-of-staging');
  });
});

describe('the file', () => {
  it.each([0o640, 0o604, 0o620, 0o602, 0o666])('is refused if others may read or change it (%o)', async (mode) => {
    const { code, stderr, asked } = await me([], { HOME: home(FILE, mode) });
    expect({ code, asked }).toEqual({ code: 2, asked: [] });
    expect(stderr).toContain('Others may read or change');
  });

  it.each([
    ['deployment: {}', '/deployment: is no member'],
    ['default: nobody', '/default: must be the name of one of the deployments'],
    ['deployments: {a: {url: https://a.example.com, token: secret}}', '/deployments/a/token: is no member'],
    ['deployments: {a: {url: http://a.example.com}}', '/deployments/a/url'],
    ['deployments: {a: {}}', '/deployments/a/url'],
    ['deployments: {"a b": {url: https://a.example.com}}', '/deployments/a b: must be a name'],
    ['deployments: {a: {url: https://a.example.com, tokenFile: x, tokenVariable: y}}', 'cannot stand beside'],
    ['deployments: {a: {url: https://a.example.com, tokenVariable: a-b}}', 'the name of a variable'],
    ['deployments: {a: {url: https://a.example.com, tokenCommand: []}}', 'a line for the shell'],
    ['deployments: {a: {url: https://a.example.com}, a: {url: https://b.example.com}}', 'unique'],
    ['deployments: []', '/deployments: must be a map'],
  ])('is refused with the place of what is wrong: %s', async (text, message) => {
    const { code, stderr } = await me([], { HOME: home(text) });
    expect(code).toBe(1);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('secret');
  });

  it('stands in the way of no command that needs no deployment', async () => {
    const HOME = home('deployments: []');
    expect((await cambist(['keys', 'generate', '--help'], { env: { HOME } })).code).toBe(0);
    expect((await cambist(['decode', '--token', '-'], { env: { HOME }, stdin: 'x' })).stderr).not.toContain(
      'config.yaml',
    );
  });
});

describe('cambist deployments', () => {
  it('adds, lists, chooses and forgets, and keeps the comments', async () => {
    const HOME = home();
    const run = async (...argv: string[]): Promise<CliRun> =>
      await cambist(['deployments', ...argv], { env: { HOME } });
    expect(await run('add', 'local', '--url', 'http://localhost:8787', '--token-command', 'pass show cambist')).toEqual(
      {
        code: 0,
        stdout: '✔ local stands for http://localhost:8787.\n',
        stderr: '',
      },
    );
    expect((await run('use', 'local')).stdout).toBe('✔ local (http://localhost:8787) is the default.\n');
    expect(JSON.parse((await run('list', '--json')).stdout)).toContainEqual({
      name: 'local',
      url: 'http://localhost:8787',
      organisation: null,
      token: 'command pass show cambist',
      default: true,
    });
    expect((await run('remove', 'local')).code).toBe(2);
    expect((await run('remove', 'local', '--yes')).stdout).toBe('✔ local is forgotten; there is no default now.\n');
    const text = readFileSync(fileIn(HOME), 'utf8');
    expect(text).toContain('# kept by hand');
    expect(text).not.toContain('local');
    expect((await run('list')).stdout).toMatch(
      /production +https:\/\/tokens.example.com +acme +variable PRODUCTION_TOKEN/,
    );
  });

  it('makes a file that only its owner can read, and the first name the default', async () => {
    const HOME = join(directory, 'new-home');
    mkdirSync(HOME);
    const env = { HOME };
    const argv = ['deployments', 'add', 'a', '--url', 'https://a.example.com', '--token-file', 'relative'];
    expect((await cambist(argv, { env })).stdout).toContain('and is the default');
    expect(statSync(fileIn(HOME)).mode & 0o777).toBe(0o600);
    expect(statSync(join(HOME, '.config/cambist')).mode & 0o777).toBe(0o700);
    expect(readFileSync(fileIn(HOME), 'utf8')).toContain(`tokenFile: ${join(process.cwd(), 'relative')}`);
  });

  it('follows a link to the file', async () => {
    const HOME = home();
    renameSync(fileIn(HOME), join(HOME, 'elsewhere.yaml'));
    symlinkSync(join(HOME, 'elsewhere.yaml'), fileIn(HOME));
    expect((await cambist(['deployments', 'use', 'bare'], { env: { HOME } })).code).toBe(0);
    expect(lstatSync(fileIn(HOME)).isSymbolicLink()).toBe(true);
    expect(readFileSync(join(HOME, 'elsewhere.yaml'), 'utf8')).toContain('default: bare');
  });

  it('asks before it replaces', async () => {
    const argv = ['deployments', 'add', 'bare', '--url', 'https://new.example.com'];
    const HOME = home();
    expect((await cambist(argv, { env: { HOME } })).code).toBe(2);
    const asked: string[] = [];
    const ask = async (question: string): Promise<string> =>
      await Promise.resolve(asked.push(question) === 0 ? '' : 'n');
    expect((await cambist(argv, { env: { HOME }, ask })).code).toBe(1);
    expect(asked).toEqual(['Replace the deployment bare (https://bare.example.com)? [y/N] ']);
    expect((await cambist([...argv, '--yes'], { env: { HOME } })).code).toBe(0);
    expect(readFileSync(fileIn(HOME), 'utf8')).toContain('https://new.example.com');
  });

  it.each([
    [['add', 'a b', '--url', 'https://a.example.com'], 'cannot be a name'],
    [['add', 'a'], 'Neither --url nor CAMBIST_URL is set'],
    [['add', 'a', '--url', 'http://a.example.com'], 'unencrypted'],
    [['add', 'a', '--url', 'https://a.example.com', '--token-file', '-'], 'cannot be read again'],
    [['add', 'a', '--url', 'https://a.example.com', '--token-file', 'x', '--token-variable', 'Y'], 'several places'],
    [['use', 'nobody'], 'production, staging, bare'],
    [['remove', 'nobody', '--yes'], 'production, staging, bare'],
  ])('refuses %j (exit 2)', async (argv, message) => {
    const HOME = home();
    const run = await cambist(['deployments', ...argv], { env: { HOME } });
    expect(run).toMatchObject({ code: 2, stdout: '' });
    expect(run.stderr).toContain(message);
    expect(readFileSync(fileIn(HOME), 'utf8')).toBe(FILE);
  });

  it('does not touch a file that it does not understand', async () => {
    const HOME = home('deployments: []\n');
    expect((await cambist(['deployments', 'add', 'a', '--url', 'https://a.example.com'], { env: { HOME } })).code).toBe(
      1,
    );
    expect(readFileSync(fileIn(HOME), 'utf8')).toBe('deployments: []\n');
  });
});
