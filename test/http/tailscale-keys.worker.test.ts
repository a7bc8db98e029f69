// Tailscale's keys API (contract §10): the bodies that its Terraform provider sends, and what becomes of them below /v1.

import { beforeEach, describe, expect, it } from 'vitest';

import { ADMIN_TOKEN, deploy, ISSUER_URL } from '../support/deployment.ts';
import type { Answer, Deployment } from '../support/deployment.ts';
import { createIssuer } from '../support/issuer.ts';
import { addOtherOrganisation, addWorkload, call } from '../support/workload.ts';

const KEYS = '/api/v2/tailnet/-/keys';
/** As recorded of terraform-provider-tailscale. */
const FIRST = {
  keyType: 'federated',
  scopes: ['api:read'],
  tags: [],
  audience: '',
  issuer: 'https://ci.example.com',
  subject: 'repo:acme/app:ref:refs/heads/*',
  customClaimRules: { environment: 'prod*', ref: 'refs/heads/main' },
  description: 'ci main',
};
const SECOND = {
  keyType: 'federated',
  scopes: ['auth_keys', 'devices:core'],
  tags: ['tag:ci'],
  audience: 'https://aud.example.com',
  issuer: 'https://ci.example.com',
  subject: 'x:y:z',
  customClaimRules: {},
  description: '',
};

let deployment: Deployment;

beforeEach(async () => {
  deployment = await deploy();
});

const send = (method: string, path: string, body?: unknown, credential = ADMIN_TOKEN): Promise<Answer> =>
  call(deployment, credential, method, path, body);
async function created(body: object = FIRST): Promise<Answer['body']> {
  const { status, body: key } = await send('POST', KEYS, body);
  expect([status, key]).toMatchObject([200, { keyType: 'federated' }]);
  return key;
}
/** How many objects of each kind there are. */
async function objects(): Promise<Record<string, number>> {
  const paths = ['federated-identity-providers', 'service-accounts', 'federated-identities'];
  const lists = await Promise.all(paths.map(async (path) => deployment.iam('GET', `/v1/${path}`)));
  return Object.fromEntries(paths.map((path, index) => [path, lists[index]?.body.length]));
}
const COUNT = (providers: number, accounts: number, identities: number): Record<string, number> => ({
  'federated-identity-providers': providers,
  'service-accounts': accounts,
  'federated-identities': identities,
});

describe('a federated key', () => {
  it.each([FIRST, SECOND])('comes back as it was written, from each call (contract §10)', async (body) => {
    const key = await created(body);
    const audience = body.audience === '' ? expect.stringMatching(/^https:\/\/cambist\.test\/sa_/) : body.audience;
    expect(key).toEqual({
      ...body,
      audience,
      id: expect.stringMatching(/^fid_/),
      created: '2026-09-10T00:26:40Z',
      updated: '2026-09-10T00:26:40Z',
      invalid: false,
      userId: '',
    });
    expect((await send('GET', `${KEYS}/${key.id}`)).body).toEqual(key);
    expect((await send('GET', `${KEYS}?all=true`)).body).toEqual({ keys: [key] });
    expect((await send('PUT', `${KEYS}/${key.id}`, { ...body, audience: key.audience })).body).toEqual(key);
  });

  it('is one account and one rule; keys of an issuer share its provider (contract §10)', async () => {
    const [first, second] = [await created(), await created(SECOND)];
    expect(await objects()).toEqual(COUNT(1, 2, 2));
    const { body } = await deployment.iam('GET', `/v1/federated-identities/${first.id}`);
    expect(body).toMatchObject({
      description: 'ci main',
      providerSubject: 'repo:acme/app:ref:refs/heads/**',
      providerSubjectMatch: 'glob',
      conditions: { environment: { glob: 'prod**' }, ref: 'refs/heads/main' },
      trustedAudiences: [first.audience],
      allowedScopes: ['api:read'],
      provider: { providerIssuer: 'https://ci.example.com' },
    });
    const { body: exact } = await deployment.iam('GET', `/v1/federated-identities/${second.id}`);
    expect(exact).toMatchObject({ providerSubject: 'x:y:z', providerSubjectMatch: 'exact', conditions: null });
  });

  it('lets in whom it describes, as its own account, by its id as client_id (contract §3)', async () => {
    const issuer = await createIssuer({ issuer: 'https://ci.example.com' });
    deployment.connect(issuer);
    const key = await created();
    const { now } = deployment.clock;
    const exchange = async (claims: object): Promise<number> => {
      const jwt = await issuer.sign({
        iss: issuer.issuer,
        sub: 'repo:acme/app:ref:refs/heads/feature/x',
        aud: key.audience,
        environment: 'prod-eu',
        ref: 'refs/heads/main',
        iat: now,
        exp: now + 60,
        ...claims,
      });
      const body = new URLSearchParams({ client_id: key.id, jwt });
      return (await deployment.send('/api/v2/oauth/token-exchange', { method: 'POST', body })).status;
    };
    expect(await exchange({})).toBe(200);
    for (const other of [
      { sub: 'repo:acme/other:ref:refs/heads/main' },
      { aud: ISSUER_URL },
      { environment: 'staging' },
      { ref: 'refs/heads/other' },
    ])
      expect(await exchange(other)).toBe(403);
  });

  it('is replaced whole: what is left out is gone (contract §10)', async () => {
    const key = await created({ ...FIRST, tags: ['tag:ci'] });
    deployment.clock.now += 60;
    const { keyType, issuer } = FIRST;
    const path = `${KEYS}/${key.id}`;
    const replaced = await send('PUT', path, {
      keyType,
      issuer,
      subject: 'exactly',
      tags: null,
      customClaimRules: null,
    });
    expect(replaced.status).toBe(200);
    expect(replaced.body).toEqual({
      ...key,
      updated: '2026-09-10T00:27:40Z',
      subject: 'exactly',
      scopes: [],
      tags: [],
      customClaimRules: {},
      description: '',
    });
    expect((await send('GET', path)).body).toEqual(replaced.body);
    const { body } = await deployment.iam('GET', `/v1/federated-identities/${key.id}`);
    expect(body).toMatchObject({ conditions: null, allowedScopes: [], providerSubjectMatch: 'exact', annotations: {} });
  });

  it('shows a change that was made elsewhere, so that a plan notices it (contract §10)', async () => {
    const key = await created(SECOND);
    const change = { conditions: { ref: { anyOf: ['a', 'b'] } }, trustedAudiences: ['a', 'b'], status: 'inactive' };
    await deployment.iam('PATCH', `/v1/federated-identities/${key.id}`, change);
    expect((await send('GET', `${KEYS}/${key.id}`)).body).toMatchObject({
      customClaimRules: { ref: '{"anyOf":["a","b"]}' },
      audience: 'a b',
      invalid: true,
    });
  });

  it('is made ten times at once for a new issuer, with one provider (contract §10)', async () => {
    const keys = await Promise.all(
      Array.from({ length: 10 }, async (_, index) => send('POST', KEYS, { ...SECOND, subject: `s:${index}:x` })),
    );
    expect(keys.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 200));
    expect(await objects()).toEqual(COUNT(1, 10, 10));
    expect((await send('GET', `${KEYS}?all=true`)).body.keys).toHaveLength(10);
  });
});

describe('deleting a key', () => {
  it('takes along what was made with it, and the provider with the last key (contract §10)', async () => {
    const [first, second] = [await created(), await created(SECOND)];
    const answer = await send('DELETE', `${KEYS}/${first.id}`);
    expect([answer.status, answer.body]).toEqual([200, {}]);
    expect(await objects()).toEqual(COUNT(1, 1, 1));
    for (const method of ['GET', 'DELETE']) {
      const gone = await send(method, `${KEYS}/${first.id}`);
      expect([gone.status, gone.body.message]).toEqual([404, expect.stringMatching(/there is no/)]);
    }
    await send('DELETE', `${KEYS}/${second.id}`);
    expect(await objects()).toEqual(COUNT(0, 0, 0));
  });

  it('leaves a provider that was there, and one that others use (contract §10)', async () => {
    const there = await deployment.iam('POST', '/v1/federated-identity-providers', {
      name: 'ci',
      providerIssuer: FIRST.issuer,
    });
    const key = await created();
    await send('DELETE', `${KEYS}/${key.id}`);
    expect(await objects()).toEqual(COUNT(1, 0, 0));
    expect((await deployment.iam('GET', `/v1/federated-identity-providers/${there.body.identity}`)).status).toBe(200);
  });

  it.each<[string, (account: string, provider: string) => Promise<unknown>]>([
    [
      'another rule',
      (account, provider) =>
        deployment.iam('POST', '/v1/federated-identities', {
          name: 'mine',
          serviceAccountIdentity: account,
          providerIdentity: provider,
          providerSubject: 'mine',
        }),
    ],
    [
      'a credential',
      (account) => deployment.iam('POST', `/v1/service-accounts/${account}/access-credentials`, { scopes: [] }),
    ],
    [
      'a role',
      async (account) => {
        const { body } = await deployment.iam('POST', '/v1/iam/roles', { name: 'reader' });
        return deployment.iam('POST', `/v1/iam/roles/${body.identity}/bindings`, { serviceAccountIdentity: account });
      },
    ],
    [
      'another label',
      (account) => deployment.iam('PATCH', `/v1/service-accounts/${account}`, { labels: { mine: 'yes' } }),
    ],
  ])('leaves its account if that has got %s since (contract §10)', async (_what, use) => {
    const key = await created();
    const { body } = await deployment.iam('GET', `/v1/federated-identities/${key.id}`);
    await use(body.serviceAccountIdentity, body.providerIdentity);
    expect((await send('DELETE', `${KEYS}/${key.id}`)).status).toBe(200);
    expect((await deployment.iam('GET', `/v1/service-accounts/${body.serviceAccountIdentity}`)).status).toBe(200);
    expect((await deployment.iam('GET', `/v1/federated-identities/${key.id}`)).status).toBe(404);
  });

  it('never touches a rule that was not made here: it is no key (contract §10)', async () => {
    const app = await addWorkload(deployment, 'app', ['api:read']);
    for (const [method, body] of [['GET'], ['DELETE'], ['PUT', FIRST]] as const)
      expect((await send(method, `${KEYS}/${app.federatedIdentity}`, body)).status).toBe(404);
    expect((await send('GET', KEYS)).body).toEqual({ keys: [] });
    expect((await app.exchange()).status).toBe(200);
  });
});

describe('a refusal', () => {
  const refusal = async (body: unknown, credential?: string): Promise<[number, string]> => {
    const before = await objects();
    const answer = await send('POST', KEYS, body, credential);
    expect(await objects()).toEqual(before);
    expect(answer.body.request_id).toBe(answer.headers.get('x-request-id'));
    expect(answer.headers.get('content-type')).toContain('application/json');
    return [answer.status, answer.body.message];
  };

  it.each<[string, object, string]>([
    ['a key of another type', { keyType: 'auth' }, '/keyType must be federated'],
    ['no type', { keyType: undefined }, '/keyType is required'],
    ['no subject', { subject: undefined }, '/subject is required'],
    ['a subject that is too broad', { subject: '*' }, '/subject a glob must pin its first two segments'],
    ['a subject open in its tenant', { subject: 'repo:acme*/app' }, '/subject a glob must pin its first two segments'],
    ['two stars', { subject: 'repo:acme/**' }, '/subject must not have "**"'],
    ['a rule with two stars', { customClaimRules: { ref: 'a**' } }, '/customClaimRules/ref must not have "**"'],
    ['a rule that is no text', { customClaimRules: { ref: ['a'] } }, '/customClaimRules/ref'],
    ['an unknown member', { capabilities: {} }, '/capabilities is not a member'],
    ['a member that objects have', { constructor: 'x' }, '/constructor is not a member'],
    ['a tag of another form', { tags: ['two words'] }, '/tags/0 must be written like tag:ci'],
    ['an issuer without https', { issuer: 'http://ci.example.com' }, '/issuer must'],
    ['an issuer of our own', { issuer: ISSUER_URL }, '/issuer'],
    ['a scope that is none', { scopes: ['two words'] }, '/scopes/0'],
  ])('of %s says why, and leaves nothing behind (contract §10)', async (_what, change, message) => {
    const [status, said] = await refusal({ ...FIRST, ...change });
    expect([status, said]).toEqual([400, expect.stringContaining(message)]);
  });

  it('of a rule that is open to every tenant of a shared issuer leaves nothing behind (contract §5.3)', async () => {
    const [status, said] = await refusal({
      ...FIRST,
      issuer: 'https://token.actions.githubusercontent.com',
      subject: 'owner:x:*',
      customClaimRules: {},
    });
    expect([status, said]).toEqual([400, expect.stringMatching(/subject/)]);
  });

  it('of an ambiguous issuer names it (contract §5.1)', async () => {
    for (const name of ['a', 'b']) {
      const { jwks } = await createIssuer();
      const body = {
        name,
        providerIssuer: 'https://kubernetes.default.svc.cluster.local',
        preset: 'kubernetes',
        localJwks: jwks,
      };
      expect((await deployment.iam('POST', '/v1/federated-identity-providers', body)).status).toBe(201);
    }
    const [status, said] = await refusal({ ...SECOND, issuer: 'https://kubernetes.default.svc.cluster.local' });
    expect([status, said]).toEqual([409, expect.stringContaining('several identity providers have the issuer')]);
  });

  it('of another issuer for a key says what to do (contract §10)', async () => {
    const key = await created();
    const { status, body } = await send('PUT', `${KEYS}/${key.id}`, { ...FIRST, issuer: 'https://other.example.com' });
    expect([status, body.message]).toEqual([400, expect.stringContaining('issuer cannot be changed')]);
    expect((await send('GET', `${KEYS}/${key.id}`)).body).toEqual(key);
  });

  it('is that of /v1 for what the caller does not hold (contract §4)', async () => {
    const writer = await addWorkload(deployment, 'writer', ['iam:write', 'api:read']);
    const token = await writer.token();
    const [status, said] = await refusal({ ...FIRST, scopes: ['iam:admin'] }, token);
    expect([status, said]).toEqual([403, expect.stringMatching(/scope iam:admin/)]);
    const allowed = await send('POST', KEYS, FIRST, token);
    expect([allowed.status, allowed.body.scopes]).toEqual([200, ['api:read']]);
    const reader = await addWorkload(deployment, 'reader', ['iam:read']);
    expect(await refusal(FIRST, await reader.token())).toEqual([403, 'this needs the scope iam:write']);
  });

  it('comes before the body is looked at if the credential is none (contract §4)', async () => {
    const answer = await call(deployment, 'nobody', 'POST', KEYS, '{');
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, expect.stringMatching(/^Bearer/)]);
    const broken = await deployment.send(KEYS, {
      method: 'POST',
      body: '{',
      headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' },
    });
    expect([broken.status, broken.body.message]).toEqual([400, expect.stringMatching(/must be JSON/)]);
  });

  it('of another method is 405 with those that are allowed (contract §1)', async () => {
    for (const [method, path, allow] of [
      ['PATCH', `${KEYS}/x`, 'GET, HEAD, PUT, DELETE'],
      ['DELETE', KEYS, 'GET, HEAD, POST'],
    ] as const) {
      const answer = await send(method, path);
      expect([answer.status, answer.headers.get('allow')]).toEqual([405, allow]);
    }
  });
});

describe('a credential', () => {
  it('may be the user of HTTP Basic with no password, as the provider sends its api_key (contract §10)', async () => {
    const basic = (text: string): Promise<Answer> =>
      deployment.send(KEYS, { headers: { authorization: `Basic ${btoa(text)}` } });
    expect((await basic(`${ADMIN_TOKEN}:`)).status).toBe(200);
    for (const text of [`${ADMIN_TOKEN}:x`, `:${ADMIN_TOKEN}`, ADMIN_TOKEN])
      expect((await basic(text)).status).toBe(401);
    const below = { headers: { authorization: `Basic ${btoa(`${ADMIN_TOKEN}:`)}` } };
    expect((await deployment.send('/v1/service-accounts', below)).status).toBe(401);
  });
});

describe('a tailnet', () => {
  it('is the organisation of the caller, or one that it may name (contract §4)', async () => {
    await addOtherOrganisation(deployment);
    const { body: key } = await send('POST', '/api/v2/tailnet/other/keys', SECOND);
    expect((await send('GET', KEYS)).body).toEqual({ keys: [] });
    expect((await send('GET', '/api/v2/tailnet/other/keys')).body).toEqual({ keys: [key] });
    for (const name of ['nobody', '%0A', '%E6%BC%A2', 'a%20b', '..%2Fv1', '%00', '%ZZ'])
      expect([name, (await send('GET', `/api/v2/tailnet/${name}/keys`)).status]).toEqual([name, 404]);
    for (const id of [
      'fid_x',
      '%0A',
      '..%2Fservice-accounts',
      '%E6%BC%A2',
      'fid_00000000000000000000000001%3Fvalidate=true',
    ])
      expect([id, (await send('DELETE', `${KEYS}/${id}`)).status]).toEqual([id, 404]);
    const reader = await addWorkload(deployment, 'reader', ['iam:read']);
    expect((await send('GET', '/api/v2/tailnet/other/keys', undefined, await reader.token())).status).toBe(404);
    expect((await send('GET', '/api/v2/tailnet/default/keys', undefined, await reader.token())).status).toBe(200);
  });
});

describe('the audit', () => {
  it('names every step of a call under its request id (contract §5.7)', async () => {
    const { headers } = await send('POST', KEYS, FIRST);
    const events = await deployment.events();
    expect(events.map(({ action, actor, request_id: id }) => [action, actor, id])).toEqual(
      ['identity_provider.create', 'service_account.create', 'federated_identity.create'].map((action) => [
        action,
        'root',
        headers.get('x-request-id'),
      ]),
    );
  });
});
