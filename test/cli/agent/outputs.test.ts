// What `cambist agent --once` writes for each type, whom it lets read it, and what it refuses (contract §9).

import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { runHere } from '../cli-run.ts';
import type { CliEnd } from '../cli-run.ts';
import { imitate, token } from '../sources/imitation.ts';
import type { Imitation } from '../sources/imitation.ts';

const ACCESS = token({ sub: 'sa_access' });
const IDENTITY = token({ sub: 'sa_identity' });
const POOL = '//iam.googleapis.com/projects/123/locations/global/workloadIdentityPools/ci/providers/cambist';
const ROLE = 'arn:aws:iam::123456789012:role/deploy';

let deployment: Imitation;
let sts: Imitation;
let directory = '';
/** Status of the next answers of STS. */
let stsStatus = 200;

const askedFor = (at = -1): URLSearchParams => new URLSearchParams(deployment.received.at(at)?.body);

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'cambist-agent-'));
  stsStatus = 200;
  deployment = await imitate(({ body }, response) => {
    const isIdentity = new URLSearchParams(body).get('requested_token_type')?.endsWith('id_token') === true;
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify({
        access_token: isIdentity ? IDENTITY : ACCESS,
        issued_token_type: `urn:ietf:params:oauth:token-type:${isIdentity ? 'id_token' : 'access_token'}`,
        token_type: isIdentity ? 'N_A' : 'Bearer',
        expires_in: 600,
        ...(isIdentity ? {} : { scope: 'api:read' }),
      }),
    );
  });
  sts = await imitate((_, response) => {
    response.writeHead(stsStatus, { 'content-type': 'text/xml' });
    response.end(
      stsStatus === 200
        ? `<Credentials><AccessKeyId>ASIAEXAMPLE</AccessKeyId><SecretAccessKey>secret/+=</SecretAccessKey><SessionToken>session==</SessionToken><Expiration>${new Date(Date.now() + 3_600_000).toISOString()}</Expiration></Credentials>`
        : '<Error><Code>AccessDenied</Code><Message>Not authorized to perform sts:AssumeRoleWithWebIdentity</Message></Error>',
    );
  });
});

afterEach(async () => {
  await Promise.all([deployment.close(), sts.close()]);
  rmSync(directory, { recursive: true, force: true });
});

async function once(args: readonly string[], stdin = ''): Promise<CliEnd> {
  const env = { CAMBIST_URL: deployment.origin, CAMBIST_ID_TOKEN: token(), AWS_ENDPOINT_URL_STS: sts.origin };
  return await runHere(['agent', '--once', ...args], env, { stdin });
}

/** With the outputs of a file. */
async function fromFile(outputs: readonly object[], more: object = {}): Promise<CliEnd> {
  return await once(['--config', '-'], JSON.stringify({ ...more, outputs }));
}

const file = (name = 'out'): string => join(directory, name);
const textOf = (name = 'out'): string => readFileSync(file(name), 'utf8');
const modeOf = (path: string): number => statSync(path).mode & 0o777;

describe('an output of the type', () => {
  it('token holds the access token alone, for its owner', async () => {
    const { code, stdout } = await fromFile([
      { type: 'token', path: file(), scope: 'api:read', audience: ['https://a', 'https://b'] },
    ]);
    expect([code, textOf(), modeOf(file())]).toEqual([0, ACCESS, 0o600]);
    expect(stdout).toMatch(/^✔ \S+out is good until \d{4}-/);
    expect([askedFor().get('scope'), askedFor().getAll('audience')]).toEqual(['api:read', ['https://a', 'https://b']]);
  });

  it('id-token holds an ID token for its audiences', async () => {
    expect((await fromFile([{ type: 'id-token', path: file(), audience: 'https://vault' }])).code).toBe(0);
    expect([textOf(), askedFor().getAll('audience')]).toEqual([IDENTITY, ['https://vault']]);
  });

  it('aws holds keys of the role', async () => {
    expect((await fromFile([{ type: 'aws', path: file(), role: ROLE, region: 'eu-central-1' }])).code).toBe(0);
    expect(textOf()).toMatchInlineSnapshot(`
      "# Written by \`cambist agent\`, which replaces it as a whole.
      [default]
      aws_access_key_id = ASIAEXAMPLE
      aws_secret_access_key = secret/+=
      aws_session_token = session==
      region = eu-central-1
      "
    `);
    expect(askedFor().getAll('audience')).toEqual(['sts.amazonaws.com']);
    const assumed = new URLSearchParams(sts.received[0]?.body);
    expect([assumed.get('RoleArn'), assumed.get('WebIdentityToken')]).toEqual([ROLE, IDENTITY]);
  });

  it('gcp refers to the ID token beside it', async () => {
    const role = 'deploy@p.iam.gserviceaccount.com';
    expect((await fromFile([{ type: 'gcp', path: file(), audience: POOL, role }])).code).toBe(0);
    const configuration = JSON.parse(textOf()) as { credential_source: { file: string } };
    expect(configuration).toMatchObject({
      type: 'external_account',
      audience: POOL,
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      token_url: 'https://sts.googleapis.com/v1/token',
      service_account_impersonation_url: `https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${role}:generateAccessToken`,
    });
    expect(readFileSync(configuration.credential_source.file, 'utf8')).toBe(IDENTITY);
    expect(modeOf(configuration.credential_source.file)).toBe(0o600);
    expect(askedFor().getAll('audience')).toEqual([`https:${POOL}`]);
  });

  it('kubeconfig holds the user, and the cluster if its server is named', async () => {
    const kube = { type: 'kubeconfig', path: file() };
    expect((await fromFile([kube])).code).toBe(0);
    expect(JSON.parse(textOf().split('\n').slice(1).join('\n'))).toEqual({
      apiVersion: 'v1',
      kind: 'Config',
      users: [{ name: 'cambist', user: { token: IDENTITY, tokenFile: file('out.token') } }],
    });
    expect(askedFor().getAll('audience')).toEqual(['kubernetes']);
    expect(
      (await fromFile([{ ...kube, server: 'https://k8s:6443', namespace: 'shop', certificateAuthority: '/ca.crt' }]))
        .code,
    ).toBe(0);
    expect(JSON.parse(textOf().split('\n').slice(1).join('\n'))).toMatchObject({
      clusters: [{ cluster: { server: 'https://k8s:6443', 'certificate-authority': '/ca.crt' } }],
      contexts: [{ context: { cluster: 'cambist', user: 'cambist', namespace: 'shop' } }],
      'current-context': 'cambist',
    });
  });

  it('docker-config holds the token as password of each registry', async () => {
    expect(
      (await fromFile([{ type: 'docker-config', path: file(), registry: ['r.example.com', 'r2.example.com:5000'] }]))
        .code,
    ).toBe(0);
    const auth = Buffer.from(`cambist:${ACCESS}`).toString('base64');
    expect(JSON.parse(textOf())).toEqual({ auths: { 'r.example.com': { auth }, 'r2.example.com:5000': { auth } } });
  });

  it('template holds a text with the token in it', async () => {
    const template = 'token="{{ token }}" until={{expiresAt}} scope={{ scope }}\n';
    expect((await fromFile([{ type: 'template', path: file(), template }])).code).toBe(0);
    expect(textOf()).toMatch(new RegExp(`^token="${ACCESS}" until=\\d{4}-[\\d:T-]+Z scope=api:read\n$`));
    writeFileSync(file('my.tpl'), 'JWT={{ idToken }}');
    expect(
      (await fromFile([{ type: 'template', path: file(), template: file('my.tpl'), audience: 'https://vault' }])).code,
    ).toBe(0);
    expect(textOf()).toBe(`JWT=${IDENTITY}`);
  });
});

describe('options', () => {
  it('describe outputs too, each with what its type takes', async () => {
    const args = ['--output', `token=${file()}`, '--output', `docker-config=${file('docker')}`];
    expect((await once([...args, '--registry', 'r.example.com', '--scope', 'api:read', '--mode', '0640'])).code).toBe(
      0,
    );
    expect([textOf(), modeOf(file()), modeOf(file('docker'))]).toEqual([ACCESS, 0o640, 0o640]);
  });

  it.each([
    ['nothing', [], 'Nothing is asked for.'],
    ['no type', ['--output', '/x'], 'is not TYPE=PATH'],
    ['no path', ['--output', 'token='], 'The path of an output must be a text that is not empty.'],
    ['a missing audience', ['--output', 'id-token=/x'], '--audience is required for the type id-token.'],
    ['what means nothing', ['--output', 'token=/x', '--role', ROLE], '--role means nothing for these outputs.'],
    ['both', ['--config', '-', '--output', 'token=/x'], '--output and --config do not go together'],
    [
      'health for everybody',
      ['--output', 'token=/x', '--listen', '0.0.0.0:80'],
      'is not an address of loopback and a port',
    ],
    ['a mode for others', ['--output', 'token=/x', '--mode', '0644'], '--mode must be 0600'],
    ['a signal without receiver', ['--output', 'token=/x', '--signal', 'HUP'], '--signal has no receiver'],
  ])('are refused: %s', async (_, args, message) => {
    const { code, stderr } = await once(args);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
    expect(deployment.received).toHaveLength(0);
  });
});

describe('the file', () => {
  it('names every fault with its line, and asks nobody', async () => {
    const { code, stderr } = await once(
      ['--config', '-'],
      'url: 5\ncolour: red\nlisten: 10.0.0.1:80\noutputs:\n  - type: token\n    path: /x\n    role: a\n  - type: gone\n    path: /y\n  - type: id-token\n    path: /x\n',
    );
    expect([code, stderr]).toMatchInlineSnapshot(`
      [
        1,
        "✖ standard input is not usable: it has 6 faults.
        /url: must be a text that is not empty (line 1)
        /colour: is no member; those are $schema, url, serviceAccount, organisation, project, lifetime, source, idTokenAudience, listen, outputs (line 2)
        /listen: must be an address of loopback and a port, such as 127.0.0.1:9181 (line 3)
        /outputs/0/role: means nothing for the type token (line 7)
        /outputs/1/type: must be one of token, id-token, aws, gcp, kubeconfig, docker-config, template (line 8)
        /outputs/2/audience: is required for the type id-token (line 10)
      ",
      ]
    `);
    expect(deployment.received).toHaveLength(0);
  });

  it.each([
    [
      'one path twice',
      [
        { type: 'token', path: '/x' },
        { type: 'token', path: '/./x' },
      ],
      'is written by another output',
    ],
    [
      'the file beside another',
      [
        { type: 'kubeconfig', path: '/x' },
        { type: 'token', path: '/x.token' },
      ],
      'is written by another output',
    ],
    [
      'an unknown place',
      [{ type: 'template', path: '/x', template: '{{ token }}{{ password }}' }],
      'means nothing: {{ password }}',
    ],
    ['a template without a token', [{ type: 'template', path: '/x', template: '{{ scope }}' }], 'has neither'],
    ['a pool by another name', [{ type: 'gcp', path: '/x', audience: 'https://evil' }], 'must be //iam.googleapis.com'],
    ['a cluster in clear', [{ type: 'kubeconfig', path: '/x', server: 'http://k8s' }], 'must be an https address'],
    ['SIGKILL', [{ type: 'token', path: '/x', signal: 'KILL', pidFile: '/p' }], 'must be the name of a signal'],
    ['an empty scope', [{ type: 'token', path: '/x', scope: '' }], 'none of them empty'],
    ['no outputs', [], 'must be a list of at least one output'],
  ])('is refused with %s', async (_, outputs, message) => {
    const { code, stderr } = await fromFile(outputs);
    expect([code, stderr]).toEqual([1, expect.stringContaining(message)]);
  });

  it.each([
    ['0640', 0o640],
    ['0o640', 0o640],
    ['"0440"', 0o440],
    ['660', 0o660],
  ])('takes the mode %s as chmod would', async (mode, expected) => {
    const text = `outputs: [{type: token, path: ${file()}, mode: ${mode}}]`;
    expect((await once(['--config', '-'], text)).code).toBe(0);
    expect(modeOf(file())).toBe(expected);
  });

  it('is that of the guide, as it stands there', async () => {
    const guide = readFileSync('docs/guides/agent.md', 'utf8');
    const text = /```yaml\n([^`]+)```/.exec(guide)?.[1] ?? '';
    const here = text.replaceAll('/run/cambist', directory).replace('https://tokens.example.com', deployment.origin);
    expect(await once(['--config', '-'], here.replace('systemctl', '"true"'))).toMatchObject({ code: 0, stderr: '' });
    expect(textOf('app.ini')).toBe(`[api]\ntoken = ${ACCESS}\n`);
    expect(readdirSync(directory).toSorted()).toEqual(['api-token', 'app.ini', 'aws']);
  });

  it('comes before a variable, and an option before it', async () => {
    const more = { serviceAccount: 'sa_01h45ytscbebyvny4gc8cr8ma2', $schema: 'x', lifetime: 300 };
    const text = JSON.stringify({ ...more, outputs: [{ type: 'token', path: file() }] });
    expect((await once(['--config', '-'], text)).code).toBe(0);
    expect([askedFor().get('service_account_id'), askedFor().get('access_token_lifetime')]).toEqual([
      more.serviceAccount,
      '300',
    ]);
    expect((await once(['--config', '-', '--service-account', 'sa_01h45ytscbebyvny4gc8cr8ma3'], text)).code).toBe(0);
    expect(askedFor().get('service_account_id')).toBe('sa_01h45ytscbebyvny4gc8cr8ma3');
  });
});

describe('writing', () => {
  it('makes the directory for the agent alone', async () => {
    expect((await fromFile([{ type: 'token', path: file('new/deep/out') }])).code).toBe(0);
    expect(modeOf(file('new/deep'))).toBe(0o700);
  });

  it('says so if a file stands where the directory should, and writes the others', async () => {
    writeFileSync(file('taken'), '');
    const { code, stderr } = await fromFile([
      { type: 'token', path: file('taken/out') },
      { type: 'docker-config', path: file('taken/config.json'), registry: 'r.example.com' },
      { type: 'token', path: file() },
    ]);
    expect([code, stderr.match(/^✖.*/gm)?.toSorted()]).toEqual([
      1,
      [
        `✖ ${file('taken/config.json')}: ${file('taken/config.json')} cannot be written (ENOTDIR).`,
        `✖ ${file('taken/out')}: ${file('taken/out')} cannot be written (ENOTDIR).`,
      ],
    ]);
    expect(textOf()).toBe(ACCESS);
  });

  it('refuses a directory that everybody can write to, and takes one where nobody can replace what is not theirs', async () => {
    mkdirSync(file('open'));
    chmodSync(file('open'), 0o777);
    const { code, stderr } = await fromFile([{ type: 'token', path: file('open/out') }]);
    expect([code, stderr]).toEqual([1, expect.stringContaining('Everybody can write to')]);
    expect(existsSync(file('open/out'))).toBe(false);
    chmodSync(file('open'), 0o1777);
    expect((await fromFile([{ type: 'token', path: file('open/out') }])).code).toBe(0);
  });

  it.each([
    ['aws', { role: ROLE }, '[default]\naws_access_key_id = mine\n'],
    ['kubeconfig', {}, 'apiVersion: v1\nkind: Config\n'],
    ['docker-config', { registry: 'r.example.com' }, '{"auths":{"r.example.com":{"auth":"bWU6c2VjcmV0"}}}'],
    ['docker-config', { registry: 'r.example.com' }, '{"auths":{},"credsStore":"pass"}'],
  ])('does not replace what somebody else wrote (%s)', async (type, more, before) => {
    writeFileSync(file(), before);
    const { code, stderr } = await fromFile([{ type, path: file(), ...more }]);
    expect([code, stderr, textOf()]).toEqual([1, expect.stringContaining('did not write'), before]);
    rmSync(file());
    for (let turn = 0; turn < 2; turn += 1) expect((await fromFile([{ type, path: file(), ...more }])).code).toBe(0);
  });

  it('replaces a file or what nobody has made yet, and no pipe or device, through a link either', async () => {
    execFileSync('mkfifo', [file('pipe')]);
    symlinkSync('/dev/null', file('null'));
    symlinkSync(file('real'), file('link'));
    const { code, stderr } = await fromFile([
      { type: 'token', path: file('pipe') },
      { type: 'aws', path: file('null'), role: ROLE, region: 'eu-central-1' },
      { type: 'token', path: file('link') },
    ]);
    expect([code, stderr.match(/^✖.*/gm)?.sort()]).toEqual([
      1,
      [
        `✖ ${file('null')}: ${file('null')} holds something that the agent did not write.`,
        `✖ ${file('pipe')}: ${file('pipe')} is a device, a pipe or a socket, and no file that could be replaced.`,
      ],
    ]);
    expect([statSync(file('pipe')).isFIFO(), statSync('/dev/null').isCharacterDevice()]).toEqual([true, true]);
    expect(textOf('link')).toBe(ACCESS);
  });

  it('gives one file to one output, also if a link leads to it', async () => {
    mkdirSync(file('real'));
    symlinkSync(file('real'), file('link'));
    const at = (one: string, other: string) =>
      fromFile([
        { type: 'token', path: file(one) },
        { type: 'id-token', path: file(other), audience: 'a' },
      ]);
    const { code, stderr } = await at('real/t', 'link/t');
    expect([code, stderr]).toEqual([1, expect.stringContaining('is written by another output, too')]);
    expect((await at('real/t', 'link/u')).code).toBe(0);
  });

  it('waits for a template no longer than it is worth, and reads no more of it', async () => {
    const { code, stderr } = await fromFile([{ type: 'template', path: file(), template: '/dev/zero' }]);
    expect([code, stderr]).toEqual([1, `✖ ${file()}: The template /dev/zero is larger than 256 KiB.\n`]);
  });

  it('removes what an agent left that was killed while it wrote, and nothing else', async () => {
    const left = file('.out.0a1b2c3d-0000-4000-8000-000000000000');
    // Somebody who knows the form of the name cannot keep the agent from its work.
    const inTheWay = '.out.1a1b2c3d-0000-4000-8000-000000000000';
    mkdirSync(file(inTheWay));
    for (const path of [left, file('.out.swp')]) writeFileSync(path, 'secret');
    expect((await fromFile([{ type: 'token', path: file() }])).code).toBe(0);
    expect(readdirSync(directory).toSorted()).toEqual([inTheWay, '.out.swp', 'out']);
  });

  it('writes the others if one fails, with the reason of AWS and exit code 1', async () => {
    stsStatus = 403;
    const { code, stderr } = await fromFile([
      { type: 'aws', path: file('aws'), role: ROLE },
      { type: 'token', path: file() },
    ]);
    expect([code, stderr]).toEqual([1, expect.stringContaining('AWS STS refused the role: AccessDenied')]);
    expect([existsSync(file('aws')), textOf()]).toEqual([false, ACCESS]);
  });

  it('prints no token', async () => {
    const { stdout, stderr } = await fromFile([
      { type: 'token', path: file() },
      { type: 'aws', path: file('aws'), role: ROLE },
    ]);
    for (const secret of [ACCESS, IDENTITY, 'secret/+=', 'session==']) expect(stdout + stderr).not.toContain(secret);
  });
});

describe('after a change', () => {
  it('runs the command with the path in a variable, and reports one that fails', async () => {
    const { code, stderr } = await fromFile([
      { type: 'token', path: file(), command: `printf %s "$CAMBIST_OUTPUT" > ${file('ran')}; exit 3` },
    ]);
    expect([code, textOf('ran')]).toEqual([0, file()]);
    expect(stderr).toContain(`The command of ${file()} ended with exit code 3.`);
  });

  it('says why a signal was not sent', async () => {
    // A signal that does nothing to whoever gets it.
    for (const text of ['1\n0', '1', '01', '0', '-5', 'x', '']) {
      writeFileSync(file('pid'), text);
      const { stderr } = await fromFile([{ type: 'token', path: file(), signal: 'WINCH', pidFile: file('pid') }]);
      expect(stderr).toContain('does not hold the number of a process above 1');
    }
    writeFileSync(file('pid'), ` ${process.pid}\n`);
    const { stderr } = await fromFile([{ type: 'token', path: file(), signal: 'WINCH', pidFile: file('pid') }]);
    expect(stderr).toBe('');
  });
});
