// `cambist token` against deployments and callers that misbehave: what is sent once, what is tried again, who gets nothing.

import {
  existsSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  readFileSync,
  mkdirSync,
  chmodSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { mayDockerHave, mayGitHave, readGitRequest } from '../../src/cli/token/credential-helper.ts';
import { writePrivateFile } from '../../src/cli/token/private-file.ts';
import { runHere } from './cli-run.ts';
import type { CliEnd } from './cli-run.ts';
import { answering, imitate, token } from './sources/imitation.ts';
import type { Imitation } from './sources/imitation.ts';

const JWT = token();
const GRANTED = token({ sub: 'sa_x' });
const good = answering({
  access_token: GRANTED,
  issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
  token_type: 'Bearer',
  expires_in: 3600,
  scope: 'api:read',
});

let deployment: Imitation;
let directory = '';

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'cambist-unit-'));
});

afterEach(async () => {
  await deployment.close();
  rmSync(directory, { recursive: true, force: true });
});

/** A deployment that gives these answers one after the other, the last one for ever. */
async function deploy(...answers: ReturnType<typeof answering>[]): Promise<void> {
  let turn = 0;
  deployment = await imitate((request, response) => answers[Math.min(turn++, answers.length - 1)]!(request, response));
}

async function run(args: readonly string[], env: Record<string, string> = {}, stdin = ''): Promise<CliEnd> {
  const variables = { CAMBIST_URL: deployment.origin, CAMBIST_ID_TOKEN: JWT, ...env };
  return await runHere(['token', ...args], variables, { stdin });
}

describe('a deployment that', () => {
  it.each([
    ['answers a page', '<!doctype html><title>Sign in</title>'],
    ['gives null', { access_token: null, token_type: 'Bearer', expires_in: 3600 }],
    ['gives the text null', { access_token: 'null', token_type: 'Bearer', expires_in: 3600 }],
    ['gives nothing', {}],
    ['gives no lifetime', { access_token: GRANTED, token_type: 'Bearer' }],
  ])('%s is told apart from a token', async (_, body) => {
    await deploy(answering(body));
    const { code, stdout, stderr } = await run([]);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain('✖ No token: ');
    expect(stderr).not.toContain(GRANTED);
  });

  it('refuses is asked once', async () => {
    await deploy(
      answering({ error: 'invalid_request', error_description: 'no', message: 'no', request_id: 'r-1' }, 400, {
        'x-request-id': 'r-1',
      }),
      good,
    );
    const { code, stderr } = await run([]);
    expect([code, deployment.received.length]).toEqual([1, 1]);
    expect(stderr).toContain(`cambist explain --url ${deployment.origin} --request-id r-1`);
  });

  it('is busy is asked again when it says', async () => {
    await deploy(
      answering({ error: 'temporarily_unavailable', error_description: 'busy' }, 429, { 'retry-after': '0' }),
      good,
    );
    expect(await run([])).toMatchObject({ code: 0, stdout: `${GRANTED}\n` });
    expect(deployment.received).toHaveLength(2);
  });
});

describe('what is asked for', () => {
  it('comes from variables where the options are absent', async () => {
    await deploy(good);
    await run([], {
      CAMBIST_SERVICE_ACCOUNT: 'sa_x',
      CAMBIST_SCOPE: 'api:read api:write',
      CAMBIST_AUDIENCE: 'https://api.example.com',
      CAMBIST_PROJECT: 'p',
      CAMBIST_LIFETIME: '15m',
      CAMBIST_ORGANISATION: 'acme',
    });
    expect(Object.fromEntries(new URLSearchParams(deployment.received[0]?.body))).toMatchObject({
      subject_token: JWT,
      service_account_id: 'sa_x',
      organisation_id: 'acme',
      scope: 'api:read api:write',
      audience: 'https://api.example.com',
      project_id: 'p',
      access_token_lifetime: '15m',
    });
  });

  it.each([
    ['--scope', ''],
    ['--audience', ' '],
    ['--service-account', ''],
    ['--project', ''],
    ['--id-token', ''],
    ['--id-token', 'a,,b'],
  ])('refuses an empty %s %j rather than asking for more', async (option, value) => {
    await deploy(good);
    expect((await run([option, value])).code).toBe(2);
    expect(deployment.received).toEqual([]);
  });

  it.each([
    [['--output', 'file'], '--file'],
    [['--output', 'docker'], '--host'],
    [['--output', 'netrc'], '--host'],
    [['--output', 'git-credential'], '--host'],
    [['--output', 'github-env'], 'GITHUB_ENV'],
    [['--output', 'yaml'], 'Allowed choices'],
    [['--output', 'env', '--env', 'a-b'], 'variable'],
    [['--output', 'docker', '--host', 'https://r.example.com'], 'not a host'],
    [['stray'], 'stray'],
    [['--subject-token', JWT], '--subject-token'],
  ])('refuses %j with exit 2 and asks nobody', async (args, named) => {
    await deploy(good);
    const { code, stdout, stderr } = await run(args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(named);
    expect(deployment.received).toEqual([]);
  });
});

describe('helpers', () => {
  it.each([
    ['another host', 'protocol=https\nhost=evil.example.com\n\n'],
    ['a longer host', 'protocol=https\nhost=git.example.com.evil.com\n\n'],
    ['another port', 'protocol=https\nhost=git.example.com:8443\n\n'],
    ['a request in the clear', 'protocol=http\nhost=git.example.com\n\n'],
    ['no host', 'protocol=https\n\n'],
  ])('gives git nothing for %s, and asks nobody', async (_, stdin) => {
    await deploy(good);
    expect(await run(['-o', 'git-credential', '--host', 'git.example.com', 'get'], {}, stdin)).toMatchObject({
      code: 0,
      stdout: '',
    });
    expect(deployment.received).toEqual([]);
  });

  it.each(['store', 'erase'])('does nothing for %s', async (operation) => {
    await deploy(good);
    for (const format of ['git-credential', 'docker'])
      expect(await run(['-o', format, '--host', 'h.example.com', operation])).toMatchObject({ code: 0, stdout: '' });
    expect(deployment.received).toEqual([]);
  });

  it('ignores what git may ask one day (gitcredentials(7)), and refuses it of docker', async () => {
    await deploy(good);
    const asked = async (format: string): Promise<number> =>
      (await run(['-o', format, '--host', 'h.example.com', 'approve-of-2031'])).code;
    expect([await asked('git-credential'), await asked('docker'), deployment.received]).toEqual([0, 2, []]);
  });

  it.each([
    ['docker', 'r.example.com\n'],
    ['git-credential', 'protocol=https\nhost=r.example.com\n\n'],
  ])('gives %s the token on stdout alone, also in a job whose stderr could mask it', async (format, stdin) => {
    await deploy(good);
    const words = ['-o', format, '--host', 'r.example.com', '--source', 'env', 'get'];
    const end = await run(words, { GITHUB_ACTIONS: 'true', TF_BUILD: 'True' }, stdin);
    expect([end.code, end.stdout.includes(GRANTED), end.stderr]).toEqual([0, true, '']);
  });

  it('tells docker that it knows no other registry', async () => {
    await deploy(good);
    const { code, stdout } = await run(
      ['-o', 'docker', '--host', 'r.example.com', 'get'],
      {},
      'https://evil.example.com\n',
    );
    expect([code, stdout]).toEqual([1, 'credentials not found in native keychain\n']);
    expect(deployment.received).toEqual([]);
  });

  it('reads what git and docker send', () => {
    expect(readGitRequest('protocol=https\nhost=a\npath=x=y\ncapability[]=authtype\n')).toEqual({
      protocol: 'https',
      host: 'a',
      path: 'x=y',
    });
    expect(mayDockerHave('https://R.example.com:5000/v2/', ['r.example.com:5000'])).toBe(true);
    expect(mayDockerHave('r.example.com', ['r.example.com'])).toBe(true);
    expect(mayDockerHave('http://localhost:5000/v2/', ['localhost:5000'])).toBe(true);
    expect(mayGitHave({ protocol: 'http', host: 'localhost:3000' }, ['localhost:3000'])).toBe(true);
  });
});

describe('masking', () => {
  it('tells Azure DevOps before anything is printed', async () => {
    await deploy(good);
    const { written } = await run(['--json'], { TF_BUILD: 'True' });
    expect(written[0]).toEqual(['stderr', `##vso[task.setsecret]${GRANTED}\n`]);
  });

  it('gives it to the agent of Buildkite over stdin', async () => {
    await deploy(good);
    mkdirSync(join(directory, 'bin'));
    const [agent, notes] = [join(directory, 'bin', 'buildkite-agent'), join(directory, 'notes')];
    writeFileSync(agent, `#!/bin/sh\necho "$@" > ${notes}; cat >> ${notes}\n`);
    chmodSync(agent, 0o755);
    const { code } = await run([], { BUILDKITE: 'true', PATH: `${join(directory, 'bin')}:/usr/bin:/bin` });
    expect([code, readFileSync(notes, 'utf8')]).toEqual([0, `redactor add\n${GRANTED}`]);
  });

  it('says where the agent of Buildkite did not take it, and prints the token all the same', async () => {
    await deploy(good);
    const { stderr, stdout } = await run([], { BUILDKITE: 'true', PATH: directory });
    expect(stderr).toContain('did not take the token');
    expect(stdout).toBe(`${GRANTED}\n`);
  });

  it('says nothing anywhere else', async () => {
    await deploy(good);
    expect((await run([])).stderr).toBe('');
  });
});

describe('a private file', () => {
  it('replaces a link rather than writing through it, and leaves no draft', async () => {
    await deploy(good);
    const [file, target] = [join(directory, 'token'), join(directory, 'target')];
    writeFileSync(target, 'mine');
    symlinkSync(target, file);
    await writePrivateFile(file, 'secret');
    expect([readFileSync(target, 'utf8'), readFileSync(file, 'utf8'), statSync(file).mode & 0o777]).toEqual([
      'mine',
      'secret',
      0o600,
    ]);
    expect(readdirSync(directory).toSorted()).toEqual(['target', 'token']);
  });

  it('is not there at all where its directory is not', async () => {
    await deploy(good);
    const file = join(directory, 'missing', 'token');
    const { code, stdout, stderr } = await run(['--file', file]);
    expect([code, stdout, existsSync(file)]).toEqual([1, '', false]);
    expect(stderr).toContain('(ENOENT)');
  });
});
