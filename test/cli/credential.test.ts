// `cambist credential …`: each tool gets what its protocol says, failures in its form, and no host a token that it may not have.

import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { afterEach, describe, expect, it } from 'vitest';

import { runHere } from './cli-run.ts';
import type { CliEnd } from './cli-run.ts';
import { answering, imitate, token } from './sources/imitation.ts';
import type { Imitation } from './sources/imitation.ts';

const JWT = token();
const GRANTED = token({ sub: 'sa_x' });
const HOST = 'r.example.com';
/** The kind of token that was asked for. */
const good: ReturnType<typeof answering> = (request, response) => {
  const isIdentity = new URLSearchParams(request.body).get('requested_token_type')?.endsWith('id_token') === true;
  const answer = answering({
    access_token: GRANTED,
    issued_token_type: `urn:ietf:params:oauth:token-type:${isIdentity ? 'id_token' : 'access_token'}`,
    token_type: isIdentity ? 'N_A' : 'Bearer',
    expires_in: 3600,
  });
  answer(request, response);
};
const refusal = answering({ error: 'invalid_request', error_description: 'The rule does not match.' }, 400);

const open: Imitation[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map(async (one) => await one.close()));
});

async function deploy(handler = good): Promise<Imitation> {
  const one = await imitate(handler);
  open.push(one);
  return one;
}

async function run(
  { origin }: Imitation,
  args: readonly string[],
  stdin = '',
  env: Record<string, string> = {},
): Promise<CliEnd> {
  return await runHere(
    ['credential', ...args],
    { CAMBIST_URL: origin, CAMBIST_ID_TOKEN: JWT, CAMBIST_CREDENTIAL_HOST: HOST, ...env },
    { stdin },
  );
}

const asked = ({ received }: Imitation): Record<string, string> =>
  Object.fromEntries(new URLSearchParams(received[0]?.body));

describe('AWS', () => {
  const role = ['aws', '--role', 'arn:aws:iam::123456789012:role/deploy'];
  const expiration = new Date(Date.now() + 3_600_000).toISOString();
  const sts = `<R><AccessKeyId>ASIAX</AccessKeyId><SecretAccessKey>s3cret</SecretAccessKey><SessionToken>sess</SessionToken><Expiration>${expiration}</Expiration></R>`;

  it('gets keys in Version 1 with Expiration', async () => {
    const [deployment, aws] = [await deploy(), await deploy(answering(sts))];
    const { code, stdout } = await run(deployment, role, '', { AWS_ENDPOINT_URL_STS: aws.origin });
    expect([code, JSON.parse(stdout)]).toEqual([
      0,
      {
        Version: 1,
        AccessKeyId: 'ASIAX',
        SecretAccessKey: 's3cret',
        SessionToken: 'sess',
        Expiration: expiration,
      },
    ]);
    expect(asked(deployment)).toMatchObject({ audience: 'sts.amazonaws.com' });
  });

  it.each([
    ['an HTML page', answering('<!doctype html><title>Sign in</title>')],
    ['an empty answer', answering('')],
    ['an HTML page', answering('<HTML>Blocked</HTML>', 403)],
    ['text that is no XML', answering('{"AccessKeyId":"ASIAX"}')],
    ['without usable keys.', answering('<R><AccessKeyId>ASIAX</AccessKeyId></R>')],
    ['AccessDenied', answering('<E><Code>AccessDenied</Code><Message>Not authorized</Message></E>', 403)],
  ])('gets nothing, but reads it, if STS answers with %s', async (kind, handler) => {
    const aws = await deploy(handler);
    const end = await run(await deploy(), role, '', { AWS_ENDPOINT_URL_STS: aws.origin });
    expect([end.code, end.stdout]).toEqual([1, '']);
    expect(end.stderr).toContain('✖ AWS STS');
    expect(end.stderr).toContain(kind);
    expect(end.stderr).not.toContain(GRANTED);
  });

  it('gets a refusal on stderr with exit 1', async () => {
    const { code, stdout, stderr } = await run(await deploy(refusal), role);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain('The rule does not match.');
  });
});

describe('Google Cloud', () => {
  const provider = '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/c';
  const env = { GOOGLE_EXTERNAL_ACCOUNT_AUDIENCE: provider };

  it('gets an ID token for the provider that the library names', async () => {
    const deployment = await deploy();
    const { code, stdout } = await run(deployment, ['gcp'], '', env);
    expect([code, JSON.parse(stdout)]).toEqual([
      0,
      {
        version: 1,
        success: true,
        token_type: 'urn:ietf:params:oauth:token-type:jwt',
        id_token: GRANTED,
        expiration_time: expect.any(Number) as number,
      },
    ]);
    expect(asked(deployment)).toMatchObject({ audience: `https:${provider}` });
  });

  it('gets a refusal as JSON with exit 0, which the library shows', async () => {
    const { code, stdout } = await run(await deploy(refusal), ['gcp'], '', env);
    expect([code, JSON.parse(stdout)]).toMatchObject([
      0,
      { version: 1, success: false, code: 'invalid_request', message: expect.stringContaining('does not match') },
    ]);
  });

  it('gets no token for an audience that is no provider', async () => {
    const deployment = await deploy();
    const { stdout } = await run(deployment, ['gcp'], '', { GOOGLE_EXTERNAL_ACCOUNT_AUDIENCE: '//evil.example.com' });
    expect(JSON.parse(stdout)).toMatchObject({ success: false, code: 'usage' });
    expect(deployment.received).toEqual([]);
  });
});

describe('docker', () => {
  it('gets a token for the registry, and the list of its registries', async () => {
    const deployment = await deploy();
    const { code, stdout } = await run(deployment, ['docker', 'get'], `https://${HOST}\n`);
    expect([code, JSON.parse(stdout)]).toEqual([
      0,
      { ServerURL: `https://${HOST}`, Username: 'cambist', Secret: GRANTED },
    ]);
    expect(JSON.parse((await run(deployment, ['docker', 'list'])).stdout)).toEqual({ [HOST]: 'cambist' });
    expect(await run(deployment, ['docker', 'erase'], HOST)).toMatchObject({ code: 0, stdout: '' });
  });

  it.each([
    ['another registry', ['docker', 'get'], 'evil.example.com', good, 'credentials not found in native keychain\n'],
    [
      'a registry in the clear',
      ['docker', 'get'],
      `http://${HOST}`,
      good,
      'credentials not found in native keychain\n',
    ],
    ['a registry behind a user name', ['docker', 'get'], `https://${HOST}@evil.example.com`, good, 'not found'],
    ['a password to keep', ['docker', 'store'], '{}', good, 'cambist keeps no passwords'],
    ['a refusal', ['docker', 'get'], HOST, refusal, 'The rule does not match.'],
  ] as const)('reads from stdout, with exit 1, about %s', async (_, args, stdin, handler, said) => {
    const { code, stdout } = await run(await deploy(handler), args, stdin);
    expect([code, stdout]).toEqual([1, expect.stringContaining(said)]);
  });
});

describe('docker shows no text of a get, so', () => {
  it('a refusal is on stderr too', async () => {
    const { stderr } = await run(await deploy(refusal), ['docker', 'get'], HOST);
    expect(stderr).toContain('The rule does not match.');
  });

  it.each([
    ['a registry that is not ours', ['docker', 'get'], 'evil.example.com'],
    ['a password to keep, whose text docker shows', ['docker', 'store'], '{}'],
  ])('nothing is there about %s', async (_, args, stdin) => {
    expect((await run(await deploy(refusal), args, stdin)).stderr).toBe('');
  });
});

describe('git', () => {
  it.each(['store', 'erase', 'capability', 'list', 'approve-of-2031'])(
    'has %s ignored, even if no host is named (gitcredentials(7))',
    async (operation) => {
      const deployment = await deploy();
      const none = { CAMBIST_CREDENTIAL_HOST: '', CAMBIST_URL: '' };
      const end = await run(deployment, ['git', operation], `host=${HOST}\n`, none);
      expect([end.code, end.stdout, end.stderr, deployment.received]).toEqual([0, '', '', []]);
    },
  );

  it.each<[string, string, boolean]>([
    ['two hosts, ours at the end', `protocol=https\nhost=evil.example.com\nhost=${HOST}\n\n`, false],
    ['two hosts, ours first', `protocol=https\nhost=${HOST}\nhost=evil.example.com\n\n`, false],
    ['our host behind the end', `protocol=https\nhost=evil.example.com\n\nhost=${HOST}\n`, false],
    ['a return in the host', `protocol=https\nhost=${HOST}\r\n\n`, false],
    ['another host behind the end', `protocol=https\nhost=${HOST}\n\nhost=evil.example.com\n`, true],
    ['two challenges', `protocol=https\nhost=${HOST}\nwwwauth[]=Basic\nwwwauth[]=Bearer\n\n`, true],
  ])('is believed once: %s', async (_, stdin, isGiven) => {
    const { code, stdout } = await run(await deploy(), ['git', 'get'], stdin);
    expect([code, stdout.includes(GRANTED)]).toEqual([0, isGiven]);
  });

  it('gets nothing without an operation', async () => {
    expect(await run(await deploy(), ['git'])).toMatchObject({ code: 2, stdout: '' });
  });
});

describe('kubectl', () => {
  it.each(['v1', 'v1beta1'])('gets an ExecCredential %s', async (version) => {
    const deployment = await deploy();
    const apiVersion = `client.authentication.k8s.io/${version}`;
    const { stdout } = await run(deployment, ['kubernetes'], '', {
      KUBERNETES_EXEC_INFO: JSON.stringify({ apiVersion, kind: 'ExecCredential', spec: { interactive: false } }),
    });
    expect(JSON.parse(stdout)).toMatchObject({ apiVersion, kind: 'ExecCredential', status: { token: GRANTED } });
    expect(asked(deployment)).toMatchObject({ audience: 'kubernetes' });
  });

  it('gets a refusal on stderr with exit 1', async () => {
    expect(await run(await deploy(refusal), ['kubernetes'])).toMatchObject({ code: 1, stdout: '' });
  });
});

describe('the kubelet', () => {
  const apiVersion = 'credentialprovider.kubelet.k8s.io/v1';
  const request = (image: string, more: object = {}): string =>
    JSON.stringify({ apiVersion, kind: 'CredentialProviderRequest', image, ...more });

  it('gets a token for the registry of the image, from the token of the pod', async () => {
    const deployment = await deploy();
    const serviceAccountToken = token({ sub: 'system:serviceaccount:a:b' });
    const { stdout } = await run(deployment, ['kubelet'], request(`${HOST}/app:1`, { serviceAccountToken }));
    expect(JSON.parse(stdout)).toEqual({
      apiVersion,
      kind: 'CredentialProviderResponse',
      cacheKeyType: 'Registry',
      cacheDuration: '3540s',
      auth: { [HOST]: { username: 'cambist', password: GRANTED } },
    });
    expect(asked(deployment)).toMatchObject({ subject_token: serviceAccountToken });
  });

  it.each([{}, { serviceAccountToken: '' }])('gets nothing if it gives no token of the pod: %j', async (more) => {
    const deployment = await deploy();
    const { code, stdout, stderr } = await run(deployment, ['kubelet'], request(`${HOST}/app:1`, more));
    expect([code, stdout, stderr]).toEqual([2, '', expect.stringContaining('gave no token of the pod')]);
    expect(deployment.received).toEqual([]);
  });

  it('gets one from the token of the node if that is allowed', async () => {
    const deployment = await deploy();
    await run(deployment, ['kubelet', '--allow-node-identity'], request(`${HOST}/app:1`));
    expect(asked(deployment)).toMatchObject({ subject_token: JWT });
  });

  it.each(['nginx', 'library/nginx', `evil.example.com/${HOST}/app`, `${HOST}.evil.com/app`, `${HOST}:8443/app`])(
    'gets nothing for %s',
    async (image) => {
      const deployment = await deploy();
      const { code, stdout } = await run(deployment, ['kubelet'], request(image));
      expect([code, JSON.parse(stdout)]).toMatchObject([0, { auth: {}, cacheDuration: '0s' }]);
      expect(deployment.received).toEqual([]);
    },
  );

  it.each(['', '[]', 'null', '{"image":"x"}', request(''), request(HOST, { serviceAccountToken: 'no-token' })])(
    'is refused with %j, which is not quoted',
    async (stdin) => {
      expect(await run(await deploy(), ['kubelet'], stdin)).toMatchObject({ code: 2, stdout: '' });
    },
  );

  it('may send 1 MiB, and no more', async () => {
    const serviceAccountToken = token({ sub: 'system:serviceaccount:a:b' });
    const fill = (annotation: string): string =>
      request(`${HOST}/app:1`, { serviceAccountToken, serviceAccountAnnotations: { 'example.com/a': annotation } });
    const most = fill('a'.repeat(1024 * 1024 - fill('').length));
    expect(most).toHaveLength(1024 * 1024);
    expect((await run(await deploy(), ['kubelet'], most)).code).toBe(0);
    expect(await run(await deploy(), ['kubelet'], `${most} `)).toMatchObject({ code: 2, stdout: '' });
  });
});

describe('Terraform', () => {
  it('gets the token of its host, and an empty object for another', async () => {
    const deployment = await deploy();
    expect(JSON.parse((await run(deployment, ['terraform', 'get', HOST])).stdout)).toEqual({ token: GRANTED });
    expect(JSON.parse((await run(deployment, ['terraform', 'get', 'evil.example.com'])).stdout)).toEqual({});
    expect(deployment.received).toHaveLength(1);
  });

  it.each([['store', HOST], ['forget', HOST], ['get'], []])('is refused with %s', async (...args) => {
    const { code, stderr } = await run(await deploy(), ['terraform', ...args]);
    expect([code, stderr]).toEqual([2, expect.stringContaining('✖')]);
  });
});

it.each(['docker', 'git', 'kubelet', 'terraform'])('%s gets nothing if no host is named', async (tool) => {
  const deployment = await deploy();
  expect((await run(deployment, [tool, 'get'], '', { CAMBIST_CREDENTIAL_HOST: '' })).code).not.toBe(0);
  expect(deployment.received).toEqual([]);
});

/** What each tool sends, and what it would get. */
const CALLS: readonly (readonly [string, readonly string[], string])[] = [
  ['AWS', ['aws', '--role', 'arn:aws:iam::123456789012:role/deploy'], ''],
  ['Google Cloud', ['gcp', '--id-token', 'https://a.example'], ''],
  ['docker', ['docker', 'get'], HOST],
  ['git', ['git', 'get'], `protocol=https\nhost=${HOST}\n\n`],
  ['kubectl', ['kubernetes'], ''],
  [
    'the kubelet',
    ['kubelet', '--allow-node-identity'],
    JSON.stringify({
      apiVersion: 'credentialprovider.kubelet.k8s.io/v1',
      kind: 'CredentialProviderRequest',
      image: `${HOST}/app`,
    }),
  ],
  ['Terraform', ['terraform', 'get', HOST], ''],
];
const STS = `<R><AccessKeyId>ASIAX</AccessKeyId><SecretAccessKey>s3cret</SecretAccessKey><SessionToken>sess</SessionToken><Expiration>${new Date(Date.now() + 3_600_000).toISOString()}</Expiration></R>`;

it.each(CALLS)('%s gets the token on stdout alone, also in a job whose stderr could mask it', async (...call) => {
  const [, args, stdin] = call;
  const [deployment, aws] = [await deploy(), await deploy(answering(STS))];
  const job = { GITHUB_ACTIONS: 'true', TF_BUILD: 'True', AWS_ENDPOINT_URL_STS: aws.origin };
  const { code, stdout, stderr } = await run(deployment, args, stdin, { ...job, CAMBIST_SOURCE: 'env' });
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toContain(call[0] === 'AWS' ? 's3cret' : GRANTED);
});

describe.each(CALLS)('%s is told, and gets nothing, if the deployment answers with', (tool, args, stdin) => {
  it.each([
    ['an HTML page', answering('<!doctype html><title>Sign in</title>')],
    ['an empty answer', answering('')],
    ['no usable access_token', answering({ token_type: 'Bearer', expires_in: 3600 })],
  ])('%s', async (kind, handler) => {
    const { code, stdout, stderr } = await run(await deploy(handler), args, stdin);
    const said = tool === 'Google Cloud' || tool === 'docker' ? stdout : stderr;
    expect(said).toContain(kind);
    expect(stdout).not.toMatch(/Secret|id_token"|password|"token"|AccessKeyId/);
    expect(code).toBe(tool === 'Google Cloud' ? 0 : 1);
  });
});

it('git itself finds git-credential-cambist and gets the token of its host alone', async () => {
  const deployment = await deploy();
  const directory = mkdtempSync(join(tmpdir(), 'cambist-git-'));
  try {
    const entry = resolve('src/cli/credential/git-credential-cambist.ts');
    const program = join(directory, 'git-credential-cambist');
    writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${entry}' "$@"\n`);
    chmodSync(program, 0o700);
    const env: NodeJS.ProcessEnv = {
      ...process.env,
      PATH: `${directory}:${process.env['PATH']}`,
      HOME: directory,
      GIT_TERMINAL_PROMPT: '0',
      CAMBIST_URL: deployment.origin,
      CAMBIST_ID_TOKEN: JWT,
      CAMBIST_CREDENTIAL_HOST: HOST,
    };
    const fill = async (host: string): Promise<string> => await gitFill(env, host);
    expect(await fill(HOST)).toContain(`username=cambist\npassword=${GRANTED}\n`);
    expect(await fill('evil.example.com')).not.toContain('password');
    expect(deployment.received).toHaveLength(1);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

async function gitFill(env: NodeJS.ProcessEnv, host: string): Promise<string> {
  return await new Promise((done) => {
    const git = execFile('git', ['-c', 'credential.helper=cambist', 'credential', 'fill'], { env }, (_, stdout) =>
      done(stdout),
    );
    git.stdin?.end(`protocol=https\nhost=${host}\n\n`);
  });
}
