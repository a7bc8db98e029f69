// Each platform's token source against an imitation of its endpoint: the exact request that it sends, and the token it takes.

import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http2';
import { join } from 'node:path';

import { afterEach, describe, expect, it } from 'vitest';

import { obtainIdToken } from '../../../src/cli/sources/obtain.ts';
import { SOURCES } from '../../../src/cli/sources/known-sources.ts';
import { answering, AUDIENCE, imitate, place, token, world } from './imitation.ts';
import type { Imitation, World } from './imitation.ts';

const ENCODED = encodeURIComponent(AUDIENCE);
const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function serve(...args: Parameters<typeof imitate>): Promise<Imitation> {
  const imitation = await imitate(...args);
  cleanups.push(imitation.close);
  return imitation;
}

function files(): ReturnType<typeof place> {
  const made = place();
  cleanups.push(made.remove);
  return made;
}

async function obtain({ system, context }: World, only?: string): Promise<string> {
  return (await obtainIdToken(system, context, only)).token;
}

async function failing({ system, context }: World, only?: string): Promise<Record<string, unknown>> {
  try {
    await obtainIdToken(system, context, only);
  } catch (error) {
    if (error instanceof Error && 'details' in error)
      return { message: error.message, ...(error.details as Record<string, unknown>) };
    throw error;
  }
  throw new Error('a token was obtained');
}

const jwt = token();

describe('GitHub Actions', () => {
  it('appends the audience to the query that is there and takes `value`', async () => {
    const endpoint = await serve(answering({ count: 1, value: jwt }));
    const there = world({
      GITHUB_ACTIONS: 'true',
      ACTIONS_ID_TOKEN_REQUEST_URL: `${endpoint.origin}/idtoken/x/y?api-version=2.0`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'runner-token',
    });
    expect(await obtain(there)).toBe(jwt);
    expect(endpoint.received).toMatchObject([
      {
        method: 'GET',
        url: `/idtoken/x/y?api-version=2.0&audience=${ENCODED}`,
        headers: { authorization: 'Bearer runner-token' },
      },
    ]);
    expect(there.asked).toHaveLength(1);
  });

  it('names the permission that is missing, and asks no metadata service', async () => {
    const there = world({ GITHUB_ACTIONS: 'true' });
    expect(await failing(there)).toMatchObject({
      code: 'source_incomplete',
      message: 'GitHub Actions: the job lacks the permission `id-token: write`.',
      next: expect.stringContaining('      id-token: write'),
    });
    expect(there.asked).toEqual([]);
  });

  it('does not take the identity of the machine for the one of the job', async () => {
    const there = world({ GITHUB_ACTIONS: 'true', SPIFFE_ENDPOINT_SOCKET: 'unix:///run/spire.sock' });
    expect(await failing(there)).toMatchObject({
      code: 'source_incomplete',
      next: expect.stringContaining('--source'),
    });
  });

  it.each([
    ['the word null', { value: null }],
    ['nothing', {}],
    ['a number', { value: 42 }],
    ['the text "null"', { value: 'null' }],
  ])('never takes %s for a token', async (_, body) => {
    const endpoint = await serve(answering(body));
    const there = world({
      ACTIONS_ID_TOKEN_REQUEST_URL: `${endpoint.origin}/?a=b`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 't',
    });
    expect(await failing(there)).toMatchObject({ code: 'not_a_token' });
  });

  it('never takes a page for a token', async () => {
    const endpoint = await serve(answering('<!doctype html><title>Evidence in</title>'));
    const there = world({
      ACTIONS_ID_TOKEN_REQUEST_URL: `${endpoint.origin}/?a=b`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 't',
    });
    expect(await failing(there)).toMatchObject({ code: 'not_a_token' });
  });
});

it.each([
  ['another secret', 'correct-horse-battery', 'a word of 21 characters'],
  ['several words', 'correct horse', '2 words'],
  ['a header', `Bearer ${jwt}`, 'there is something beside the token'],
  ['an answer', JSON.stringify({ value: jwt }), 'it is JSON, and the token may be a member of it'],
  ['a long text', 'x'.repeat(20_000), 'it has more than 16384 characters'],
])('a variable with %s is not repeated', async (_, text, said) => {
  const { code, message } = await failing(world({ OTHER: text }), 'env:OTHER');
  expect(code).toBe('not_a_token');
  expect(message).toMatch(/^What env:OTHER holds is no ID token: .*It is not repeated here\.$/);
  expect(message).toContain(said);
  expect(message).not.toContain(text.slice(0, 12));
});

it('Codefresh: sends its token without "Bearer" and takes `id_token`', async () => {
  const endpoint = await serve(answering({ id_token: jwt }));
  const there = world({ CF_OIDC_REQUEST_URL: `${endpoint.origin}/api/oidc`, CF_OIDC_REQUEST_TOKEN: 'request-token' });
  expect(await obtain(there)).toBe(jwt);
  expect(endpoint.received).toMatchObject([
    { method: 'GET', url: `/api/oidc?audience=${ENCODED}`, headers: { authorization: 'request-token' } },
  ]);
});

describe('Azure DevOps', () => {
  const variables = (origin: string): Record<string, string> => ({
    TF_BUILD: 'True',
    SYSTEM_OIDCREQUESTURI: `${origin}/acme/p/_apis/distributedtask/hubs/build/plans/1/jobs/2/oidctoken`,
  });

  it('posts an empty body with the access token and takes `oidcToken`', async () => {
    const endpoint = await serve(answering({ oidcToken: token({ aud: 'api://AzureADTokenExchange' }) }));
    const there = world({ ...variables(endpoint.origin), SYSTEM_ACCESSTOKEN: 'system-token' });
    const obtained = await obtainIdToken(there.system, there.context);
    expect(obtained.audienceAdvice).toContain('always api://AzureADTokenExchange');
    expect(endpoint.received).toMatchObject([
      {
        method: 'POST',
        url: '/acme/p/_apis/distributedtask/hubs/build/plans/1/jobs/2/oidctoken?api-version=7.1',
        headers: { authorization: 'Bearer system-token', 'content-type': 'application/json', 'content-length': '0' },
        body: '',
      },
    ]);
  });

  it('says how to map SYSTEM_ACCESSTOKEN where the step does not', async () => {
    expect(await failing(world(variables('http://127.0.0.1:1')))).toMatchObject({
      code: 'source_incomplete',
      next: expect.stringContaining('SYSTEM_ACCESSTOKEN: $(System.AccessToken)'),
    });
  });
});

describe('GitLab CI', () => {
  it('finds the variable that the job named, by its audience', async () => {
    const other = token({ aud: 'https://vault.example.com' });
    expect(await obtain(world({ GITLAB_CI: 'true', VAULT_TOKEN: other, ANYTHING: jwt }))).toBe(jwt);
  });

  it('finds one whose audience is a list', async () => {
    const listed = token({ aud: ['https://vault.example.com', AUDIENCE] });
    expect(await obtain(world({ GITLAB_CI: 'true', ANYTHING: listed }))).toBe(listed);
  });

  it('asks which, where two different ones fit', async () => {
    expect(await failing(world({ GITLAB_CI: 'true', B: token({ sub: 'x' }), A: jwt }))).toMatchObject({
      code: 'source_ambiguous',
      message: expect.stringContaining('A, B'),
      next: expect.stringContaining('--source env:A'),
    });
  });

  it('takes the named one with --source env:NAME', async () => {
    expect(await obtain(world({ GITLAB_CI: 'true', B: token({ sub: 'x' }), A: jwt }), 'env:A')).toBe(jwt);
  });

  it('never takes a token of the deployment itself for an ID token', async () => {
    const own = token({ iss: AUDIENCE });
    expect(await failing(world({ GITLAB_CI: 'true', CAMBIST_TOKEN: own }))).toMatchObject({
      code: 'source_incomplete',
    });
  });

  it('prints the id_tokens to write where there is none', async () => {
    expect(await failing(world({ GITLAB_CI: 'true' }))).toMatchObject({
      next: expect.stringContaining(`aud: ${AUDIENCE}`),
    });
  });
});

it.each([
  ['Bitbucket', { BITBUCKET_STEP_OIDC_TOKEN: jwt, BITBUCKET_BUILD_NUMBER: '1', BITBUCKET_STEP_UUID: '{x}' }],
  ['HCP Terraform', { TFC_WORKLOAD_IDENTITY_TOKEN: jwt, TFC_RUN_ID: 'run-1' }],
  [
    'HCP Terraform, tagged',
    { TFC_WORKLOAD_IDENTITY_TOKEN: token({ aud: 'x' }), TFC_WORKLOAD_IDENTITY_TOKEN_CAMBIST: jwt },
  ],
  [
    'HCP Terraform, another tag',
    { TFC_WORKLOAD_IDENTITY_TOKEN: token({ aud: 'x' }), TFC_WORKLOAD_IDENTITY_TOKEN_B: jwt },
  ],
  ['Semaphore', { SEMAPHORE_OIDC_TOKEN: jwt }],
  ['Spacelift', { SPACELIFT_OIDC_TOKEN: jwt }],
  ['Pulumi', { PULUMI_OIDC_TOKEN: jwt }],
  ['CircleCI without its program', { CIRCLECI: 'true', CIRCLE_OIDC_TOKEN_V2: jwt, CIRCLE_OIDC_TOKEN: 'old' }],
  ['CircleCI, first version', { CIRCLECI: 'true', CIRCLE_OIDC_TOKEN: jwt }],
  ['gocdnext', { GOCDNEXT_RUN_ID: '1', ANY_NAME: jwt }],
  ['Jenkins', { JENKINS_URL: 'https://j.example.com/', BUILD_NUMBER: '7', ID_TOKEN: jwt }],
  ['CAMBIST_ID_TOKEN before all others', { CAMBIST_ID_TOKEN: jwt, GITHUB_ACTIONS: 'true', SEMAPHORE_OIDC_TOKEN: 'x' }],
])('%s: reads the token from its variable and asks nobody', async (_, variables) => {
  const there = world(variables);
  expect(await obtain(there)).toBe(jwt);
  expect(there.asked).toEqual([]);
});

it.each([
  ['Bitbucket', { BITBUCKET_BUILD_NUMBER: '1', BITBUCKET_STEP_UUID: '{x}' }, 'oidc: true'],
  ['HCP Terraform', { TFC_RUN_ID: 'run-1', TFC_WORKSPACE_NAME: 'w' }, 'workload identity'],
  ['CircleCI', { CIRCLECI: 'true' }, 'no OpenID Connect token'],
  ['Buildkite', { BUILDKITE: 'true' }, 'buildkite-agent'],
  ['Vercel', { VERCEL: '1' }, 'VERCEL_OIDC_TOKEN'],
  ['Jenkins', { JENKINS_URL: 'https://j.example.com/', BUILD_NUMBER: '7' }, 'no variable'],
  ['Azure DevOps', { TF_BUILD: 'True' }, 'SYSTEM_OIDCREQUESTURI'],
])('%s: says what is missing', async (_, variables, missing) => {
  expect(await failing(world(variables))).toMatchObject({
    code: 'source_incomplete',
    message: expect.stringContaining(missing),
  });
});

it.each([
  ['Pulumi', '/mnt/pulumi/pulumi.oidc'],
  ['Spacelift', '/mnt/workspace/spacelift.oidc'],
])('%s: reads its file', async (_, path) => {
  const disk = files();
  disk.write(path, `${jwt}\n`);
  expect(await obtain(world({}, { root: disk.root }))).toBe(jwt);
});

describe('Kubernetes', () => {
  const variables = { KUBERNETES_SERVICE_HOST: '10.0.0.1' };
  const mounted = '/var/run/secrets/kubernetes.io/serviceaccount/token';

  it('takes the projected token for our audience, and reads the file each time', async () => {
    const disk = files();
    disk.write(mounted, token({ aud: ['https://kubernetes.default.svc'] }));
    disk.write('/var/run/secrets/tokens/vault', token({ aud: ['vault'] }));
    disk.write('/var/run/secrets/tokens/cambist', token({ aud: [AUDIENCE], jti: '1' }));
    const there = world(variables, { root: disk.root });
    expect(await obtain(there)).toBe(token({ aud: [AUDIENCE], jti: '1' }));
    disk.write('/var/run/secrets/tokens/cambist', token({ aud: [AUDIENCE], jti: '2' }));
    expect(await obtain(there)).toBe(token({ aud: [AUDIENCE], jti: '2' }));
  });

  it('does not send the default mount, which is for the API server, and prints the volume to add', async () => {
    const disk = files();
    disk.write(mounted, token({ aud: ['https://kubernetes.default.svc'] }));
    expect(await failing(world(variables, { root: disk.root }))).toMatchObject({
      next: expect.stringContaining(`audience: ${AUDIENCE}`),
    });
  });

  it('takes the file that EKS names, where its audience is asked for', async () => {
    const disk = files();
    const eks = token({ aud: ['sts.amazonaws.com'] });
    disk.write('/var/run/secrets/eks.amazonaws.com/serviceaccount/token', eks);
    const named = { AWS_WEB_IDENTITY_TOKEN_FILE: '/var/run/secrets/eks.amazonaws.com/serviceaccount/token' };
    const { system, context } = world({ ...variables, ...named }, { root: disk.root });
    expect((await obtainIdToken(system, { ...context, audience: 'sts.amazonaws.com' })).token).toBe(eks);
  });
});

describe('programs', () => {
  /** A program that prints a token and notes what it was called with. */
  function program(name: string, script: string): Record<string, string> {
    const disk = files();
    const directory = join(disk.root, 'bin');
    mkdirSync(directory);
    writeFileSync(join(directory, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(directory, name), 0o755);
    return { PATH: `${directory}:/usr/bin:/bin`, NOTES: join(disk.root, 'notes') };
  }
  const noteAndPrint = `printf '%s\\n' "$@" > "$NOTES"; echo ${jwt}`;

  it('Buildkite: asks its agent for the audience and the lasting ids', async () => {
    const variables = program('buildkite-agent', noteAndPrint);
    const there = world({ ...variables, BUILDKITE: 'true', BUILDKITE_JOB_ID: 'j', BUILDKITE_AGENT_ACCESS_TOKEN: 't' });
    expect(await obtain(there)).toBe(jwt);
    expect(await there.system.readText('')).toBeNull();
    const { readFileSync } = await import('node:fs');
    expect(readFileSync(variables['NOTES']!, 'utf8').trim().split('\n')).toEqual([
      'oidc',
      'request-token',
      '--audience',
      AUDIENCE,
      '--claim',
      'organization_id,pipeline_id',
    ]);
  });

  it('CircleCI: asks its program for the audience rather than taking the variable', async () => {
    const variables = program('circleci', noteAndPrint);
    expect(await obtain(world({ ...variables, CIRCLECI: 'true', CIRCLE_OIDC_TOKEN_V2: token({ aud: 'org' }) }))).toBe(
      jwt,
    );
    const { readFileSync } = await import('node:fs');
    expect(readFileSync(variables['NOTES']!, 'utf8').trim().split('\n')).toEqual([
      'run',
      'oidc',
      'get',
      '--claims',
      `{"aud":"${AUDIENCE}"}`,
    ]);
  });

  it('says what the program complained about, without what looks like a token', async () => {
    const variables = program('circleci', `echo "denied for ${jwt}" >&2; exit 3`);
    expect(await failing(world({ ...variables, CIRCLECI: 'true', CIRCLE_OIDC_TOKEN_V2: 'x' }))).toMatchObject({
      code: 'platform_refused',
      message: 'CircleCI refused to give an ID token: circleci: denied for [token]',
    });
  });
});

it('Vercel: trades its token for one with our audience', async () => {
  const endpoint = await serve(answering({ token: jwt, expiry: 1_789_003_600 }));
  const own = token({ aud: 'https://vercel.com/acme' });
  const there = world(
    { VERCEL: '1', VERCEL_OIDC_TOKEN: own },
    { elsewhere: { 'https://oidc.vercel.com': endpoint.origin } },
  );
  expect(await obtain(there)).toBe(jwt);
  expect(endpoint.received).toMatchObject([
    { method: 'POST', url: '/~token', headers: { 'content-type': 'application/json' } },
  ]);
  expect(JSON.parse(endpoint.received[0]!.body)).toEqual({ token: own, aud: AUDIENCE });
});

it('Fly.io: posts the audience over the unix socket and takes the bare body', async () => {
  const disk = files();
  disk.write('/.fly/placeholder', '');
  const endpoint = await serve(answering(jwt), `${disk.root}/.fly/api`);
  expect(await obtain(world({ FLY_APP_NAME: 'a', FLY_MACHINE_ID: 'm' }, { root: disk.root }))).toBe(jwt);
  expect(endpoint.received).toMatchObject([
    { method: 'POST', url: '/v1/tokens/oidc', headers: { host: 'localhost' }, body: JSON.stringify({ aud: AUDIENCE }) },
  ]);
});

describe('Azure managed identity', () => {
  it('asks the endpoint of App Service with its header', async () => {
    const endpoint = await serve(answering({ access_token: jwt, expires_on: '1789086400', token_type: 'Bearer' }));
    const variables = {
      IDENTITY_ENDPOINT: `${endpoint.origin}/msi/token`,
      IDENTITY_HEADER: 'secret',
      AZURE_CLIENT_ID: 'c',
    };
    expect(await obtain(world(variables))).toBe(jwt);
    expect(endpoint.received).toMatchObject([
      {
        method: 'GET',
        url: `/msi/token?api-version=2019-08-01&resource=${ENCODED}&client_id=c`,
        headers: { 'x-identity-header': 'secret' },
      },
    ]);
  });

  it('recognises a virtual machine by its metadata service', async () => {
    const endpoint = await serve((request, response) => {
      if (request.headers['metadata'] !== 'true') return answering('no', 400)(request, response);
      const isToken = request.url.startsWith('/metadata/identity/');
      return answering(isToken ? { access_token: jwt } : { compute: { vmId: 'x' } })(request, response);
    });
    const there = world({}, { elsewhere: { 'http://169.254.169.254': endpoint.origin } });
    expect(await obtain(there)).toBe(jwt);
    expect(endpoint.received.at(-1)?.url).toBe(
      `/metadata/identity/oauth2/token?api-version=2018-02-01&resource=${ENCODED}`,
    );
  });
});

describe('Google Cloud', () => {
  it('recognises the metadata server and asks it for an identity', async () => {
    const endpoint = await serve((request, response) => {
      if (request.headers['metadata-flavor'] !== 'Google') return answering('forbidden', 403)(request, response);
      const isToken = request.url.includes('/identity?');
      return answering(isToken ? jwt : 'computeMetadata/', 200, { 'metadata-flavor': 'Google' })(request, response);
    });
    const elsewhere = { 'http://169.254.169.254': endpoint.origin, 'http://metadata.google.internal': endpoint.origin };
    expect(await obtain(world({}, { elsewhere }))).toBe(jwt);
    expect(endpoint.received.at(-1)).toMatchObject({
      method: 'GET',
      url: `/computeMetadata/v1/instance/service-accounts/default/identity?audience=${ENCODED}&format=full`,
    });
  });

  it('asks at once on Cloud Run, and does not take Knative elsewhere for it', async () => {
    const endpoint = await serve(answering(jwt));
    const elsewhere = { 'http://metadata.google.internal': endpoint.origin };
    const there = world({ K_SERVICE: 'api' }, { elsewhere });
    expect(await obtain(there)).toBe(jwt);
    expect(there.asked).toHaveLength(1);
    expect(await failing(world({ K_SERVICE: 'api', KUBERNETES_SERVICE_HOST: '10.0.0.1' }))).toMatchObject({
      message: expect.stringContaining('Kubernetes'),
    });
  });
});

describe('AWS', () => {
  const answer = `<GetWebIdentityTokenResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetWebIdentityTokenResult><Expiration>2026-11-01T00:05:00Z</Expiration><WebIdentityToken>${jwt}</WebIdentityToken></GetWebIdentityTokenResult></GetWebIdentityTokenResponse>`;
  const keys = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret', AWS_SESSION_TOKEN: 'session' };

  it('Lambda: signs GetWebIdentityToken for the regional STS with the keys of its variables', async () => {
    const sts = await serve(answering(answer));
    const there = world(
      { ...keys, AWS_LAMBDA_FUNCTION_NAME: 'f', AWS_REGION: 'eu-west-1' },
      { elsewhere: { 'https://sts.eu-west-1.amazonaws.com': sts.origin } },
    );
    expect(await obtain(there)).toBe(jwt);
    const [request] = sts.received;
    expect(request).toMatchObject({ method: 'POST', url: '/', headers: { 'x-amz-security-token': 'session' } });
    expect(request?.headers.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-west-1\/sts\/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, Signature=[0-9a-f]{64}$/,
    );
    expect(Object.fromEntries(new URLSearchParams(request?.body))).toEqual({
      Action: 'GetWebIdentityToken',
      Version: '2011-06-15',
      'Audience.member.1': AUDIENCE,
      DurationSeconds: '300',
      SigningAlgorithm: 'RS256',
    });
  });

  it('ECS: gets its keys from the endpoint of the task', async () => {
    const endpoint = await serve((request, response) =>
      request.url === '/v2/credentials/x'
        ? answering({ AccessKeyId: 'A', SecretAccessKey: 'B', Token: 'C' })(request, response)
        : answering(answer)(request, response),
    );
    const there = world(
      { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/v2/credentials/x', AWS_REGION: 'eu-west-1' },
      {
        elsewhere: { 'http://169.254.170.2': endpoint.origin, 'https://sts.eu-west-1.amazonaws.com': endpoint.origin },
      },
    );
    expect(await obtain(there)).toBe(jwt);
    expect(endpoint.received[1]?.headers['x-amz-security-token']).toBe('C');
  });

  it('refuses to fetch credentials in clear from anywhere else', async () => {
    const there = world({
      AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://attacker.example.com/x',
      AWS_REGION: 'eu-west-1',
    });
    expect(await failing(there)).toMatchObject({ code: 'source_incomplete' });
    expect(there.asked).toEqual([]);
  });

  it('EC2: recognises the metadata service, and gets role, keys and region with a session', async () => {
    const values: Record<string, object | string> = {
      '/latest/meta-data/iam/security-credentials/': 'web-role',
      '/latest/meta-data/iam/security-credentials/web-role': { AccessKeyId: 'A', SecretAccessKey: 'B', Token: 'C' },
      '/latest/meta-data/placement/region': 'us-gov-west-1',
    };
    const endpoint = await serve((request, response) => {
      if (request.url === '/latest/api/token') {
        const isSession = request.method === 'PUT' && request.headers['x-aws-ec2-metadata-token-ttl-seconds'] === '60';
        return answering(isSession ? 'AQAEAJ1-session-token==' : 'no', isSession ? 200 : 405)(request, response);
      }
      if (request.url === '/') return answering(answer)(request, response);
      if (request.headers['x-aws-ec2-metadata-token'] !== 'AQAEAJ1-session-token==')
        return answering('', 401)(request, response);
      const value = values[request.url];
      return answering(value ?? '', value === undefined ? 404 : 200)(request, response);
    });
    const there = world(
      {},
      {
        elsewhere: {
          'http://169.254.169.254': endpoint.origin,
          'https://sts.us-gov-west-1.amazonaws.com': endpoint.origin,
        },
      },
    );
    expect(await obtain(there)).toBe(jwt);
  });
});

describe('SPIFFE', () => {
  /** A Workload API that answers one SVID, or a gRPC status. */
  async function workloadApi(
    path: string,
    answer: { readonly svid: string } | { readonly status: number; readonly message: string },
  ): Promise<Buffer[]> {
    const bodies: Buffer[] = [];
    const server = createServer();
    server.on('stream', (stream, headers) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        bodies.push(Buffer.concat(chunks));
        const isCall =
          headers[':path'] === '/SpiffeWorkloadAPI/FetchJWTSVID' && headers['workload.spiffe.io'] === 'true';
        if (!isCall || 'status' in answer) {
          const { status, message } = 'status' in answer ? answer : { status: 3, message: 'security header missing' };
          stream.respond(
            {
              ':status': 200,
              'content-type': 'application/grpc',
              'grpc-status': String(status),
              'grpc-message': encodeURI(message),
            },
            { endStream: true },
          );
          return;
        }
        const text = (number: number, value: Buffer): Buffer => {
          const length = value.length < 128 ? [value.length] : [(value.length & 0x7f) | 0x80, value.length >> 7];
          return Buffer.concat([Buffer.from([(number << 3) | 2, ...length]), value]);
        };
        const message = text(
          1,
          Buffer.concat([text(1, Buffer.from('spiffe://example.org/web')), text(2, Buffer.from(answer.svid))]),
        );
        const head = Buffer.alloc(5);
        head.writeUInt32BE(message.length, 1);
        stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
        stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
        stream.end(Buffer.concat([head, message]));
      });
    });
    await new Promise<void>((resolve) => void server.listen(path, resolve));
    cleanups.push(() => void server.close());
    return bodies;
  }

  it('calls FetchJWTSVID with the audience over the socket', async () => {
    const socket = join(files().root, 'agent.sock');
    const svid = token({ sub: 'spiffe://example.org/web', iss: undefined });
    const bodies = await workloadApi(socket, { svid });
    expect(await obtain(world({ SPIFFE_ENDPOINT_SOCKET: `unix://${socket}` }))).toBe(svid);
    expect(bodies[0]?.subarray(5).toString('latin1')).toBe(`\n${String.fromCharCode(AUDIENCE.length)}${AUDIENCE}`);
  });

  it('says what the agent said where it refuses', async () => {
    const socket = join(files().root, 'agent.sock');
    await workloadApi(socket, { status: 7, message: 'no identity issued' });
    expect(await failing(world({ SPIFFE_ENDPOINT_SOCKET: `unix:${socket}` }))).toMatchObject({
      code: 'platform_refused',
      message: expect.stringContaining('no identity issued'),
    });
  });

  it('says that nobody listens', async () => {
    expect(await failing(world({ SPIFFE_ENDPOINT_SOCKET: 'unix:///nonexistent/agent.sock' }))).toMatchObject({
      code: 'platform_unavailable',
    });
  });
});

it('a file: reads it again for each token, without its newline', async () => {
  const disk = files();
  disk.write('/token', `${jwt}\n`);
  const there = world({ CAMBIST_ID_TOKEN_FILE: '/token' }, { root: disk.root });
  expect(await obtain(there)).toBe(jwt);
  disk.write('/token', token({ jti: '2' }));
  expect(await obtain(there)).toBe(token({ jti: '2' }));
});

it('a file that is not there is named', async () => {
  expect(await failing(world({}), 'file:/nowhere/token')).toMatchObject({
    message: expect.stringContaining('/nowhere/token'),
  });
});

it('every source has a name of its own and a title', () => {
  expect(new Set(SOURCES.map(({ name }) => name)).size).toBe(SOURCES.length);
  expect(new Set(SOURCES.map(({ title }) => title)).size).toBe(SOURCES.length);
});
