// The committed Action, run as a runner runs it, against the real service: main, post, refusals, AWS, proxies, cancelled jobs.

import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { decodeJwt } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { imitate } from '../cli/sources/imitation.ts';
import type { Imitation } from '../cli/sources/imitation.ts';
import { githubActions } from '../support/claims.ts';
import { createIssuer } from '../support/issuer.ts';
import type { TestIssuer } from '../support/issuer.ts';
import { startService } from '../support/service.ts';
import type { Service } from '../support/service.ts';
import { PLATFORMS, USE_TOKEN } from '../templates/pipelines.ts';
import { canMakeCertificates, startProxy } from './proxy-imitation.ts';
import { startJob } from './runner-imitation.ts';
import type { ActionEnd, Job } from './runner-imitation.ts';

const ISSUER = 'https://token.actions.githubusercontent.com';
const API = 'https://api.example.com';
const ROLE = 'arn:aws:iam::123456789012:role/deploy';

let service: Service;
let issuer: TestIssuer;
let platform: Imitation;
let sts: Imitation;
let account = '';
let job: Job;
/** The claims of the next ID token. */
let claims: Record<string, unknown> = {};
/** Called when GitHub's endpoint is asked, which answers a while later if it is set. */
let whenAsked: (() => void) | null = null;
let stsAnswer: readonly [status: number, xml: string] = [200, ''];

const KEYS = `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult>
  <Credentials><SessionToken>c2Vzc2lvbi10b2tlbi1vZi10aGUtcm9sZQ==</SessionToken><SecretAccessKey>secret/Access+Key</SecretAccessKey>
  <Expiration>2031-01-01T00:00:00Z</Expiration><AccessKeyId>ASIAEXAMPLEEXAMPLE01</AccessKeyId></Credentials>
</AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`;

beforeAll(async () => {
  service = await startService();
  issuer = await createIssuer({ issuer: ISSUER, alg: 'RS256' });
  platform = await imitate(({ url, headers }, response) => {
    const { pathname, searchParams } = new URL(url, 'http://x');
    if (pathname !== '/_services/pipelines/token' || headers.authorization !== 'Bearer runner-token') {
      response.writeHead(403).end();
      return;
    }
    const audience = searchParams.get('audience') ?? '';
    whenAsked?.();
    void issuer.sign(githubActions({ repository: 'acme/app', audience, claims })).then(async (value) => {
      if (whenAsked !== null) await sleep(200);
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ value }));
    });
  });
  sts = await imitate((_, response) => {
    response.writeHead(stsAnswer[0], { 'content-type': 'text/xml' }).end(stsAnswer[1]);
  });
  const provider = await service.create('/v1/federated-identity-providers', {
    name: 'GitHub',
    providerIssuer: ISSUER,
    localJwks: issuer.jwks,
  });
  account = await service.create('/v1/service-accounts', { name: 'deploy' });
  await service.create('/v1/federated-identities', {
    name: 'main of acme/app',
    serviceAccountIdentity: account,
    providerIdentity: provider,
    providerSubject: 'repo:acme/app:ref:refs/heads/main',
    allowedScopes: ['api:read', 'api:write'],
    tokenAudiences: [API, 'sts.amazonaws.com'],
    replayProtection: 'singleUse',
  });
});

afterAll(async () => {
  await Promise.all([platform.close(), sts.close(), service.stop()]);
});

beforeEach(() => {
  claims = {};
  whenAsked = null;
  stsAnswer = [200, KEYS];
  job = startJob({
    ACTIONS_ID_TOKEN_REQUEST_URL: `${platform.origin}/_services/pipelines/token?api-version=2.0`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'runner-token',
    AWS_ENDPOINT_URL_STS: sts.origin,
    GITHUB_RUN_ID: '4711',
  });
  return () => job.end();
});

async function isActive(token: string): Promise<boolean> {
  const headers = { authorization: `Bearer ${service.rootToken}` };
  const init = { method: 'POST', headers, body: new URLSearchParams({ token }) };
  return (await (await fetch(`${service.url}/oidc/introspect`, init)).json<{ active: boolean }>()).active;
}

const JWT = /e[yw][\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}/;

/** Nothing that people see has a token in it. */
function expectNoToken({ log, summary, annotations }: ActionEnd): void {
  expect(`${log}${summary}${JSON.stringify(annotations)}`).not.toMatch(JWT);
}

describe('a job with permission', () => {
  it('gets a masked token, its outputs, a variable and a private file; `post` revokes it and removes the file', async () => {
    const inputs = {
      url: `${service.url}/`,
      'service-account': account,
      scope: ' api:read\n',
      lifetime: '30m',
      'export-env': 'API_TOKEN',
      'credentials-file': 'token',
      revoke: 'true',
    };
    const main = await job.main(inputs);
    expect(main.annotations).toEqual([]);
    expect(main.code).toBe(0);
    const { token = '' } = main.outputs;
    expect(decodeJwt(token)).toMatchObject({ sub: account, aud: API, scope: 'api:read' });
    expect(main.raw.indexOf('::add-mask::')).toBe(0);
    expect(main.masks.some((mask) => decodeJwt(mask).aud === service.url)).toBe(true);
    expect(main.masks).toContain(token);
    expectNoToken(main);

    const path = join(job.temp, 'token');
    expect(main.outputs).toEqual({
      token,
      'expires-at': expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      scope: 'api:read',
      'request-id': expect.stringMatching(/^[\da-f-]{36}$/),
      'credentials-file': path,
    });
    expect(main.exported).toEqual({ API_TOKEN: token });
    expect(readFileSync(path, 'utf8')).toBe(token);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(await isActive(token)).toBe(true);

    const post = await job.post(main, inputs);
    expect(post.code).toBe(0);
    expect(existsSync(path)).toBe(false);
    expect(await isActive(token)).toBe(false);
    expectNoToken(post);
  });

  it('keeps the token if it says so, and its file ends all the same', async () => {
    const inputs = { url: service.url, 'service-account': account, revoke: 'False', 'credentials-file': '~/deep/t' };
    const main = await job.main(inputs);
    const { 'credentials-file': path = '', token = '' } = main.outputs;
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(path, '..')).mode & 0o777).toBe(0o700);
    await job.post(main, inputs);
    expect(existsSync(path)).toBe(false);
    expect(await isActive(token)).toBe(true);
  });

  it('replaces a file that others can read, warns of one in the workspace, and leaves what another step wrote', async () => {
    const path = join(job.workspace, 'token');
    writeFileSync(path, 'old', { mode: 0o644 });
    const main = await job.main({ url: service.url, 'service-account': account, 'credentials-file': path });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(main.annotations).toEqual([{ level: 'warning', text: expect.stringContaining('lies in the workspace') }]);
    writeFileSync(path, 'of another step');
    await job.post(main);
    expect(readFileSync(path, 'utf8')).toBe('of another step');
  });

  it('gives an ID token for a cloud', async () => {
    const audience = 'sts.amazonaws.com';
    const main = await job.main({
      url: service.url,
      'service-account': account,
      'token-type': 'id_token',
      audience,
      scope: 'api:read',
    });
    expect(main.annotations).toEqual([]);
    expect(decodeJwt(main.outputs['id-token'] ?? '')).toMatchObject({ sub: account, aud: audience });
    expect(main.outputs).toMatchObject({ token: main.outputs['id-token'], scope: '' });
  });
});

describe('a refusal', () => {
  it('shows the claims, the reason, the request id and the command, and nothing of it is markup or a command', async () => {
    const hostile = '`````\n</details><img src=x>\u202e ##[add-mask]x\n::set-output name=a::b';
    claims = { ref: 'refs/heads/evil', sub: 'repo:acme/app:ref:refs/heads/evil', head_ref: hostile };
    const main = await job.main({ url: service.url, 'service-account': account, scope: 'api:read' });
    expect(main.code).toBe(1);
    expect(main.outputs).toEqual({});
    const text = main.annotations[0]?.text ?? '';
    expect(main.annotations).toEqual([{ level: 'error', text }]);
    const [, id = ''] = /--request-id ([\da-f-]{36})/.exec(text) ?? [];
    expect(main.summary).toContain(`Request id: \`${id}\``);
    expect(main.summary).toContain(`cambist explain --url ${service.url} --request-id ${id}`);
    expect(main.summary).toContain('"sub": "repo:acme/app:ref:refs/heads/evil"');
    expect(main.summary).toContain('"scope": "api:read"');
    expect(outsideOfFences(main.summary)).not.toMatch(/img|set-output|\u202e/);
    expect(main.summary).not.toContain('\u202e');
    expect(main.log).not.toContain('##[');
    expectNoToken(main);
    // `post` runs all the same, and has nothing to take back.
    expect(await job.post(main)).toMatchObject({ code: 0, raw: '' });
  });

  it('names the permission that is missing, with the lines to paste', async () => {
    const main = await job.main(
      { url: service.url },
      { ACTIONS_ID_TOKEN_REQUEST_URL: '', ACTIONS_ID_TOKEN_REQUEST_TOKEN: '' },
    );
    expect(main.code).toBe(1);
    expect(main.annotations[0]?.text).toContain('`id-token: write`');
    expect(main.summary).toContain('    permissions:\n      id-token: write\n');
  });

  it('names every wrong input at once and asks nobody', async () => {
    const asked = platform.received.length;
    const main = await job.main({
      url: 'http://cambist.example.com',
      lifetime: '5s',
      'aws-role': 'deploy',
      revoke: 'yes',
    });
    const text = main.annotations[0]?.text ?? '';
    for (const fault of ['https', 'lifetime', 'aws-role', 'aws-region', 'revoke']) expect(text).toContain(fault);
    expect(platform.received).toHaveLength(asked);
  });
});

describe('a cancelled job', () => {
  it('does not lose the token that is just being given: `post` revokes it', async () => {
    const main = await job.main({ url: service.url, 'service-account': account }, {}, (stop) => {
      whenAsked = stop;
    });
    expect(main.code).toBe(1);
    const { revoke: token = '' } = main.state;
    expect(await isActive(token)).toBe(true);
    await job.post(main);
    expect(await isActive(token)).toBe(false);
  });
});

describe.skipIf(!canMakeCertificates)('behind a proxy, with GitHub Enterprise Server', () => {
  it('goes through it to both, in `post` too', async () => {
    const proxy = await startProxy({ 'ghe.example.com': platform.origin, 'cambist.example.com': service.url });
    try {
      const variables = {
        https_proxy: proxy.url,
        no_proxy: 'internal.example.com',
        NODE_EXTRA_CA_CERTS: proxy.certificate,
        GITHUB_SERVER_URL: 'https://ghe.example.com',
        ACTIONS_ID_TOKEN_REQUEST_URL: 'https://ghe.example.com/_services/pipelines/token?api-version=2.0',
      };
      const inputs = { url: 'https://cambist.example.com', 'oidc-audience': service.url, 'service-account': account };
      const main = await job.main(inputs, variables);
      expect(main.annotations).toEqual([]);
      const { token = '' } = main.outputs;
      await job.post(main, inputs, variables);
      expect(await isActive(token)).toBe(false);
      expect(proxy.tunnels).toEqual(['ghe.example.com:443', 'cambist.example.com:443', 'cambist.example.com:443']);
    } finally {
      await proxy.close();
    }
  });
});

describe('an AWS role', () => {
  const inputs = (): Record<string, string> => ({
    url: service.url,
    'service-account': account,
    'aws-role': ROLE,
    'aws-region': 'eu-central-1',
    'credentials-file': 'aws',
  });

  it('gives keys as variables and in a file, with an ID token as AWS wants it', async () => {
    const main = await job.main({ ...inputs(), lifetime: '20m' });
    expect(main.annotations).toEqual([]);
    const form = new URLSearchParams(sts.received.at(-1)?.body);
    const { WebIdentityToken: idToken = '', ...rest } = Object.fromEntries(form);
    expect(rest).toEqual({
      Action: 'AssumeRoleWithWebIdentity',
      Version: '2011-06-15',
      RoleArn: ROLE,
      RoleSessionName: `cambist-${main.outputs['request-id']}`,
      DurationSeconds: '1200',
    });
    expect(decodeJwt(idToken)).toMatchObject({ iss: service.url, sub: account, aud: 'sts.amazonaws.com' });
    expect(main.exported).toEqual({
      AWS_ACCESS_KEY_ID: 'ASIAEXAMPLEEXAMPLE01',
      AWS_SECRET_ACCESS_KEY: 'secret/Access+Key',
      AWS_SESSION_TOKEN: 'c2Vzc2lvbi10b2tlbi1vZi10aGUtcm9sZQ==',
      AWS_REGION: 'eu-central-1',
      AWS_DEFAULT_REGION: 'eu-central-1',
    });
    expect(main.masks).toEqual(expect.arrayContaining(['secret/Access+Key', 'c2Vzc2lvbi10b2tlbi1vZi10aGUtcm9sZQ==']));
    expect(main.outputs['expires-at']).toBe('2031-01-01T00:00:00Z');
    const path = main.outputs['credentials-file'] ?? '';
    expect(readFileSync(path, 'utf8')).toContain('[default]\naws_access_key_id = ASIAEXAMPLEEXAMPLE01\n');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await job.post(main);
    expect(existsSync(path)).toBe(false);
  });

  it('comes with an access token if one is asked for besides, each from an ID token of its own', async () => {
    const main = await job.main({ ...inputs(), 'token-type': 'access_token' });
    expect(main.annotations).toEqual([]);
    expect(decodeJwt(main.outputs['token'] ?? '').aud).toBe(API);
    expect(decodeJwt(main.outputs['id-token'] ?? '').aud).toBe('sts.amazonaws.com');
  });

  it('is refused in the words of AWS, with the claims that AWS saw and the command that prints the trust', async () => {
    stsAnswer = [
      403,
      '<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>Not authorized to perform sts:AssumeRoleWithWebIdentity</Message></Error></ErrorResponse>',
    ];
    const before = sts.received.length;
    const main = await job.main({ ...inputs(), 'token-type': 'access_token' });
    expect(main.code).toBe(1);
    expect(main.annotations[0]?.text).toContain('AccessDenied: Not authorized to perform');
    expect(main.summary).toContain(`"sub": "${account}"`);
    expect(main.summary).toContain(`cambist trust aws --service-account ${account}`);
    expect(sts.received.length - before).toBe(1);
    expectNoToken(main);
    const { revoke: token = '' } = main.state;
    await job.post(main);
    expect(await isActive(token)).toBe(false);
  });
});

describe.each(PLATFORMS)('the template of $name', ({ name, run }) => {
  it('gives the script a token, which ends with it', async () => {
    const idToken = await issuer.sign(githubActions({ repository: 'acme/app', audience: service.url }));
    const end = await run({ url: service.url, 'service-account': account, scope: 'api:read' }, USE_TOKEN, idToken);
    expect(end).toMatchObject({ code: 0, stderr: '' });
    expect(decodeJwt(end.shared)).toMatchObject({ sub: account, scope: 'api:read' });
    // A pipe ends before its step does.
    expect(await isActive(end.shared)).toBe(name === 'Bitbucket');
    const again = await run({ url: service.url, 'service-account': account }, USE_TOKEN, idToken);
    expect(again.stderr).toContain('already used');
    expect(again.stderr).toContain('cambist explain');
  });
});

/** Lines that a renderer would read as markup. */
function outsideOfFences(markdown: string): string {
  let fence: string | null = null;
  return markdown
    .split('\n')
    .filter((line) => {
      const run = /^`{3,}/.exec(line)?.[0];
      if (fence === null) {
        if (run === undefined) return true;
        fence = run;
      } else if (run !== undefined && run.length >= fence.length && line.trim() === run) fence = null;
      return false;
    })
    .join('\n');
}
