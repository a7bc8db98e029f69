// The wire forms of clients that exist, byte for byte: the Thalassa Cloud Go client and CLI, tailscale-client-go and tailscaled.

import { decodeJwt } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';
import { ADMIN_TOKEN, deploy, join } from '../support/deployment.ts';
import type { Answer, Deployment, Joined } from '../support/deployment.ts';
import { githubActions } from '../support/claims.ts';
import { createIssuer } from '../support/issuer.ts';
import type { TestIssuer } from '../support/issuer.ts';

let deployment: Deployment;
let issuer: TestIssuer;
let joined: Joined;
let subjectToken: string;

beforeEach(async () => {
  deployment = await deploy();
  issuer = await createIssuer({ issuer: 'https://token.actions.githubusercontent.com' });
  joined = await join(deployment, issuer, {
    providerSubject: 'repo:acme/app:ref:refs/heads/main',
    maxTokenLifetime: 43_200,
  });
  subjectToken = await issuer.sign(githubActions({ repository: 'acme/app', now: deployment.clock.now }));
});

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const post = (path: string, body: string, headers: Record<string, string> = {}): Promise<Answer> =>
  deployment.send(path, { method: 'POST', body, headers: { ...FORM, ...headers } });

describe('Thalassa Cloud', () => {
  const body = (lifetime: string): string =>
    `access_token_lifetime=${lifetime}&grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange&organisation_id=org_00000000000000000000000000` +
    `&service_account_id=${joined.serviceAccount}&subject_token=${subjectToken}&subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Ajwt`;

  it.each([
    ['39600s', 39_600],
    ['7200', 7_200],
  ])(
    'the form of its Go client and CLI with the lifetime %s gets a token of that life (contract §3)',
    async (lifetime, expected) => {
      const answer = await post('/oidc/token', body(lifetime));
      expect(answer.status).toBe(200);
      expect(answer.body).toMatchObject({ token_type: 'Bearer', expires_in: expected });
      expect(decodeJwt(answer.body.access_token).sub).toBe(joined.serviceAccount);
    },
  );

  it('finds the reason of a refusal in message, the only member it reads (contract §3)', async () => {
    const answer = await post('/oidc/token', body('7200').replace(subjectToken, 'e30.e30.e30'));
    expect(answer.status).toBe(400);
    expect(answer.body.message).toBe(answer.body.error_description);
  });
});

describe("Thalassa Cloud's Terraform provider", () => {
  /** As recorded of terraform-provider-thalassa with client-go 0.35. */
  const send = async (method: string, path: string, body?: unknown): Promise<Answer> =>
    deployment.iam(method, `/v1/${path}`, body);

  it('creates, reads and deletes an access credential, a role with a rule and a binding (contract §10)', async () => {
    const account = await send('POST', 'service-accounts', {
      name: 'tf account',
      description: 'x',
      labels: { a: 'b' },
    });
    const at = `service-accounts/${account.body.identity}`;
    const credential = await send('POST', `${at}/access-credentials`, { name: '', scopes: ['api:read'] });
    expect([credential.status, credential.body]).toMatchObject([
      201,
      { accessKey: expect.stringMatching(/^cbk_/), accessSecret: expect.stringMatching(/^cbs_/), scopes: ['api:read'] },
    ]);
    expect((await send('GET', `${at}/access-credentials`)).body).toMatchObject([
      { identity: credential.body.identity },
    ]);
    const role = await send('POST', 'iam/roles', { name: 'tf role', description: 'd', annotations: {}, labels: {} });
    const below = `iam/roles/${role.body.identity}`;
    const rule = await send('POST', `${below}/rules`, {
      identity: '',
      resources: ['x'],
      resourceIdentities: [],
      permissions: ['read'],
    });
    const binding = await send('POST', `${below}/bindings`, {
      name: 'tf binding',
      description: '',
      annotations: {},
      labels: {},
      userIdentity: null,
      teamIdentity: null,
      serviceAccountIdentity: account.body.identity,
      scopes: null,
    });
    expect([account, role, rule, binding].map(({ status }) => status)).toEqual([201, 201, 201, 201]);
    expect((await send('GET', below)).body.rules).toMatchObject([{ identity: rule.body.identity }]);
    expect((await send('GET', `${below}/bindings`)).body).toMatchObject([{ identity: binding.body.identity }]);
    expect((await send('GET', 'memberships')).body).toEqual([]);
    for (const path of [
      `${below}/rules/${rule.body.identity}`,
      `${below}/bindings/${binding.body.identity}`,
      `${at}/access-credentials/${credential.body.identity}`,
      below,
      at,
    ])
      expect([path, (await send('DELETE', path)).status]).toEqual([path, 204]);
  });

  it('gets no createdBy, which its Go client reads as a person (contract §5.2)', async () => {
    const path = `/v1/service-accounts/${joined.serviceAccount}`;
    const read = async (agent: string): Promise<Answer> =>
      deployment.send(path, { headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'user-agent': agent } });
    const { createdBy, ...others } = (await read('curl/8')).body;
    expect(createdBy).toBe('root');
    for (const agent of [
      'thalassa-cloud-client-go (https://github.com/thalassa-cloud/client-go)',
      'thalassa-cloud/terraform-provider-thalassa',
    ])
      expect((await read(agent)).body).toEqual(others);
  });

  it('leaves the end of a credential to the service, or says it (contract §5.5)', async () => {
    const path = `service-accounts/${joined.serviceAccount}/access-credentials`;
    const expiresAt = '2026-12-01T00:00:00Z';
    const said = await send('POST', path, { name: '', expiresAt, scopes: [] });
    expect([said.status, said.body.expiresAt]).toEqual([201, expiresAt]);
    const left = await send('POST', path, { name: '', expiresAt: null, scopes: null });
    expect([left.status, left.body.expiresAt]).toEqual([201, '2026-12-09T00:26:40Z']);
  });
});

describe('Tailscale', () => {
  const PATH = '/api/v2/oauth/token-exchange';

  it('the form of tailscale-client-go gets the usual success body (contract §3)', async () => {
    const answer = await post(PATH, `client_id=${joined.federatedIdentity}&jwt=${subjectToken}`);
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      access_token: expect.any(String),
      issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      token_type: 'Bearer',
      expires_in: 3600,
      scope: 'api:read api:write',
    });
  });

  it('the form of tailscaled passes: Basic Og==, code, grant_type and options behind a ? are ignored (contract §3)', async () => {
    const clientId = encodeURIComponent(`${joined.federatedIdentity}?ephemeral=true&preauthorized=true`);
    const answer = await post(PATH, `client_id=${clientId}&code=&grant_type=authorization_code&jwt=${subjectToken}`, {
      authorization: 'Basic Og==',
    });
    expect(answer.status).toBe(200);
  });

  it('takes the id of a service account too, and of an identity only that one (contract §3)', async () => {
    expect((await post(PATH, `client_id=${joined.serviceAccount}&jwt=${subjectToken}`)).status).toBe(200);
    const answer = await post(PATH, `client_id=fid_00000000000000000000000000&jwt=${subjectToken}`);
    expect(answer.status).toBe(403);
    expect(answer.body.message).toContain('no federated identity accepts this token');
  });

  it.each([
    ['no jwt', () => `client_id=${joined.federatedIdentity}`, 400],
    ['no client_id', () => `jwt=${subjectToken}`, 400],
    ['a token that cannot be verified', () => `client_id=${joined.federatedIdentity}&jwt=e30.e30.e30`, 400],
  ])('answers %s with the usual error body (contract §3)', async (_name, body, status) => {
    const answer = await post(PATH, body());
    expect(answer.status).toBe(status);
    expect(answer.body).toMatchObject({
      error: 'invalid_request',
      message: expect.any(String),
      request_id: expect.any(String),
    });
  });

  it('a failed request that is sent twice is one audit event (contract §3)', async () => {
    const wrong = await issuer.sign(githubActions({ repository: 'acme/other', now: deployment.clock.now }));
    const body = `client_id=${joined.federatedIdentity}&jwt=${wrong}`;
    await post(PATH, body, { authorization: 'Basic Og==' });
    await post(PATH, body);
    const refused = (await deployment.events()).filter((event) => event['outcome'] === 'refused');
    expect(refused).toHaveLength(1);
    expect(refused[0]?.['count']).toBe(2);
  });
});
