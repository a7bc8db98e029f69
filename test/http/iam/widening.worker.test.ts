// What a writer may not give: contract §4. Every refusal stands beside the same change of something that it may give.

import { beforeEach, describe, expect, it } from 'vitest';

import { deploy, expectCreated, ISSUER_URL } from '../../support/deployment.ts';
import type { Answer, Deployment } from '../../support/deployment.ts';
import { addWorkload, call } from '../../support/workload.ts';
import type { Workload } from '../../support/workload.ts';

const SCOPES = ['iam:read', 'iam:write', 'api:read'];
const API = 'https://api.example.com';
const EXPIRY = '2026-12-31T00:00:00Z';

let deployment: Deployment;
/** A writer that holds SCOPES, the audience API, the role `own` everywhere and the role `shop` in the project shop. */
let writer: Workload;
let token: string;
let admin: string;
/** Roles by slug; the writer does not hold `strong`. */
let roles: Record<'own' | 'shop' | 'strong', string>;
/** Accounts that the writer created: `weak` holds nothing, `equal` the writer's roles, `strong` the role `strong`. */
let accounts: Record<'weak' | 'equal' | 'strong', string>;
let provider: string;

beforeEach(async () => {
  deployment = await deploy();
  writer = await addWorkload(deployment, 'writer', SCOPES, { tokenAudiences: [ISSUER_URL, API] });
  const boss = await addWorkload(deployment, 'boss', ['iam:admin']);
  roles = { own: await role('own'), shop: await role('shop'), strong: await role('strong') };
  await bind('own', writer.serviceAccount);
  await bind('shop', writer.serviceAccount, { projects: ['shop'] });
  accounts = { weak: await account('weak'), equal: await account('equal'), strong: await account('strong') };
  await deployment.db
    .prepare("UPDATE service_account SET created_by = ?1 WHERE slug IN ('weak', 'equal', 'strong')")
    .bind(writer.serviceAccount)
    .run();
  await bind('own', accounts.equal);
  await bind('shop', accounts.equal, { projects: ['shop'] });
  await bind('strong', accounts.strong);
  provider = await root('POST', '/v1/federated-identity-providers', {
    name: 'ci',
    providerIssuer: 'https://ci.example.com',
  });
  token = await writer.token();
  admin = await boss.token();
});

const root = (method: string, path: string, body: object): Promise<string> =>
  expectCreated(deployment.iam(method, path, body));
const role = (name: string): Promise<string> => root('POST', '/v1/iam/roles', { name });
const account = (name: string): Promise<string> => root('POST', '/v1/service-accounts', { name });
const bind = (name: keyof typeof roles, serviceAccountIdentity: string, more: object = {}): Promise<string> =>
  root('POST', `/v1/iam/roles/${roles[name]}/bindings`, { serviceAccountIdentity, ...more });
const identity = (name: string, serviceAccountIdentity: string, allowedScopes: readonly string[]): object => ({
  name,
  serviceAccountIdentity,
  providerIdentity: provider,
  providerSubject: `job:${name}`,
  allowedScopes,
});
const asWriter = (method: string, path: string, body?: unknown): Promise<Answer> =>
  call(deployment, token, method, path, body);

/** Why the change is refused to the writer, without a trace; an administrator may make it. */
async function onlyForAdmin(method: string, path: string, body: unknown): Promise<string> {
  const before = (await deployment.events()).length;
  const refused = await asWriter(method, path, body);
  expect(refused, JSON.stringify(refused.body)).toMatchObject({ status: 403 });
  expect(refused.headers.get('www-authenticate')).toContain('error="insufficient_scope", scope="iam:admin"');
  expect((await deployment.events()).length).toBe(before);
  const allowed = await call(deployment, admin, method, path, body);
  expect([200, 201], JSON.stringify(allowed.body)).toContain(allowed.status);
  return refused.body.detail;
}

async function forWriter(method: string, path: string, body?: unknown): Promise<Answer> {
  const answer = await asWriter(method, path, body);
  expect([200, 201, 204], JSON.stringify(answer.body)).toContain(answer.status);
  return answer;
}

describe('a federated identity', () => {
  const PATH = '/v1/federated-identities';

  it.each([
    [['api:read', 'api:write'], 'scope api:write'],
    [['iam:admin'], 'scope iam:admin'],
    [['a:1', 'a:2'], 'scopes a:1, a:2'],
  ])('cannot be given the scopes %j (contract §4)', async (scopes, missing) => {
    expect(await onlyForAdmin('POST', PATH, identity('new', accounts.weak, scopes))).toContain(missing);
  });

  it('can be given the scopes of the writer, and those below them (contract §4)', async () => {
    const { body } = await forWriter('POST', PATH, identity('new', accounts.weak, SCOPES));
    expect(body.allowedScopes).toEqual(SCOPES);
  });

  it('cannot be made for an account whose roles the writer lacks (contract §4)', async () => {
    expect(await onlyForAdmin('POST', PATH, identity('new', accounts.strong, []))).toContain('role strong');
    await forWriter('POST', PATH, identity('twin', accounts.equal, ['api:read']));
  });

  it('cannot be made for an account that holds a role more widely than the writer (contract §4)', async () => {
    await bind('shop', accounts.weak);
    expect(await onlyForAdmin('POST', PATH, identity('new', accounts.weak, []))).toContain('role shop');
  });

  it.each([
    { providerSubject: 'job:other' },
    { conditions: { ref: 'x' } },
    { trustedAudiences: ['https://other.example.com'] },
    { allowedScopes: ['api:read'] },
    { tokenAudiences: [API] },
    { maxTokenLifetime: 7200 },
    { trustedAudiences: [ISSUER_URL, API] },
    { audienceMatchMode: 'any' },
    { forwardedClaims: ['ref'] },
    { expiresAt: null },
    { description: 'x', expression: 'claims.ref == "x"' },
  ])('that is stronger cannot be changed by %j (contract §4)', async (change) => {
    const start = { audienceMatchMode: 'all', expiresAt: '2027-01-01T00:00:00Z' };
    const scopes = await root('POST', PATH, { ...identity('scopes', accounts.weak, ['api:write']), ...start });
    expect(await onlyForAdmin('PATCH', `${PATH}/${scopes}`, change)).toContain('scope api:write');
    const held = await root('POST', PATH, { ...identity('roles', accounts.strong, ['iam:read']), ...start });
    expect(await onlyForAdmin('PUT', `${PATH}/${held}`, change)).toContain('role strong');
    const twin = await root('POST', PATH, { ...identity('twin', accounts.equal, ['api:read', 'iam:read']), ...start });
    await forWriter('PATCH', `${PATH}/${twin}`, change);
  });

  it.each([
    { allowedScopes: ['api:write'] },
    { allowedScopes: [] },
    { tokenAudiences: ['https://cloud.example.com'] },
    { trustedAudiences: [API] },
    { audienceMatchMode: 'all' },
    { tokenLifetime: 60 },
    { maxTokenLifetime: 3600, tokenLifetime: 3600 },
    { forwardedClaims: [] },
    { expiresAt: '2026-12-01T00:00:00Z' },
    { mode: 'shadow' },
    { replayProtection: 'singleUse' },
  ])('that is stronger can be narrowed by %j, and not widened back (contract §4)', async (change) => {
    const before = {
      allowedScopes: ['api:write', 'api:admin'],
      tokenAudiences: ['https://cloud.example.com', 'https://other.example.com'],
      trustedAudiences: [API, ISSUER_URL],
      audienceMatchMode: 'any',
      tokenLifetime: 7200,
      maxTokenLifetime: 7200,
      forwardedClaims: ['ref'],
      expiresAt: '2027-01-01T00:00:00Z',
      mode: 'enforce',
      replayProtection: 'off',
    };
    const id = await root('POST', PATH, { ...identity('wide', accounts.strong, []), ...before });
    await forWriter('PATCH', `${PATH}/${id}`, change);
    expect(await onlyForAdmin('PUT', `${PATH}/${id}`, before)).toContain('role strong');
  });

  it.each([
    [[API, 'sts.amazonaws.com'], 'token audience sts.amazonaws.com'],
    [
      ['https://a.example.com', 'https://b.example.com'],
      'token audiences https://a.example.com, https://b.example.com',
    ],
    [[`${API}/`], `token audience ${API}/`],
  ])('cannot be given the audiences %j, which the writer lacks (contract §4)', async (tokenAudiences, missing) => {
    const rule = { ...identity('new', accounts.weak, ['api:read']), tokenAudiences };
    expect(await onlyForAdmin('POST', PATH, rule)).toContain(missing);
    const { body } = await forWriter('POST', PATH, { ...rule, name: 'twin', tokenAudiences: [API, ISSUER_URL] });
    expect(await onlyForAdmin('PATCH', `${PATH}/${body.identity}`, { tokenAudiences })).toContain(missing);
  });

  it('cannot be given the default audience by a writer that lacks it, left out or emptied (contract §4)', async () => {
    deployment.coldStart({ DEFAULT_AUDIENCE: 'https://default.example.com' });
    const missing = 'token audience https://default.example.com';
    const rule = identity('new', accounts.weak, ['api:read']);
    expect(await onlyForAdmin('POST', PATH, rule)).toContain(missing);
    const { body } = await forWriter('POST', PATH, { ...rule, name: 'twin', tokenAudiences: [API] });
    expect(await onlyForAdmin('PATCH', `${PATH}/${body.identity}`, { tokenAudiences: [] })).toContain(missing);
    const credentials = `/v1/service-accounts/${accounts.weak}/access-credentials`;
    expect(await onlyForAdmin('POST', credentials, { name: 'c', expiresAt: EXPIRY })).toContain(missing);
  });

  it('keeps audiences that the writer has lost from it at once (contract §4)', async () => {
    await deployment.iam('PATCH', `${PATH}/${writer.federatedIdentity}`, { tokenAudiences: [ISSUER_URL] });
    const rule = { ...identity('new', accounts.weak, ['api:read']), tokenAudiences: [API] };
    expect(await onlyForAdmin('POST', PATH, rule)).toContain(`token audience ${API}`);
  });

  it('cannot be made stronger (contract §4)', async () => {
    const id = await root('POST', PATH, identity('own', accounts.equal, ['api:read']));
    expect(await onlyForAdmin('PATCH', `${PATH}/${id}`, { allowedScopes: ['api:read', 'api:write'] })).toContain(
      'scope api:write',
    );
  });

  it('that is stronger can be renamed, labelled, switched off and deleted, not switched on (contract §4)', async () => {
    const id = await root('POST', PATH, identity('strong', accounts.strong, ['api:write']));
    const path = `${PATH}/${id}`;
    await forWriter('PATCH', path, { name: 'other', labels: { a: '1' }, annotations: { b: '2' }, description: 'd' });
    await forWriter('PATCH', path, { status: 'inactive' });
    expect(await onlyForAdmin('PATCH', path, { status: 'active' })).toContain('scope api:write and role strong');
    await forWriter('PATCH', path, { status: 'revoked', labels: {} });
    await forWriter('DELETE', path);
  });
});

describe('a role binding', () => {
  const path = (name: keyof typeof roles): string => `/v1/iam/roles/${roles[name]}/bindings`;

  it('of a role that the writer lacks is refused, of its own it is not (contract §4)', async () => {
    const body = { serviceAccountIdentity: accounts.weak };
    expect(await onlyForAdmin('POST', path('strong'), body)).toContain('role strong');
    expect(
      await onlyForAdmin('POST', '/v1/iam/roles/strong/bindings', { serviceAccountIdentity: writer.serviceAccount }),
    ).toContain('role strong');
    await forWriter('POST', path('own'), body);
    await forWriter('POST', path('own'), { ...body, projects: ['any'], scopes: ['any'] });
  });

  it('reaches no further than that of the writer (contract §4)', async () => {
    const body = { serviceAccountIdentity: accounts.weak };
    expect(await onlyForAdmin('POST', path('shop'), body)).toContain('role shop');
    expect(await onlyForAdmin('POST', path('shop'), { ...body, projects: ['shop', 'bank'] })).toContain(
      'role shop in shop and bank',
    );
    const { body: made } = await forWriter('POST', path('shop'), { ...body, projects: ['shop'] });
    const one = `${path('shop')}/${made.identity}`;
    expect(await onlyForAdmin('PATCH', one, { projects: [] })).toContain('role shop');
    await forWriter('PATCH', one, { labels: { a: '1' } });
    await forWriter('PATCH', one, { projects: ['shop'] });
    const wide = `${path('strong')}/${await bind('strong', accounts.weak)}`;
    await forWriter('PATCH', wide, { projects: ['shop', 'bank'], scopes: ['api:read'] });
    expect(await onlyForAdmin('PATCH', wide, { projects: ['shop', 'other'] })).toContain('role strong');
  });

  it('counts under no further scopes than that of the writer (contract §4)', async () => {
    const scoped = await role('scoped');
    const bindings = `/v1/iam/roles/${scoped}/bindings`;
    await root('POST', bindings, { serviceAccountIdentity: writer.serviceAccount, scopes: ['api:read'] });
    const body = { serviceAccountIdentity: accounts.weak };
    expect(await onlyForAdmin('POST', bindings, body)).toContain('role scoped');
    expect(await onlyForAdmin('POST', bindings, { ...body, scopes: ['api:read', 'api:write'] })).toContain(
      'role scoped under api:read and api:write',
    );
    await forWriter('POST', bindings, { ...body, scopes: ['api:read'] });
    token = await writer.token({ scope: 'iam:write' });
    expect(await onlyForAdmin('POST', bindings, { ...body, scopes: ['api:read'], name: 'x' })).toContain('role scoped');
  });

  it('is not made by a token that was narrowed to another project (contract §4)', async () => {
    token = await writer.token({ project_id: 'bank' });
    const body = { serviceAccountIdentity: accounts.weak, projects: ['shop'] };
    expect(await onlyForAdmin('POST', path('shop'), body)).toContain('role shop in shop');
    token = await writer.token({ project_id: 'shop' });
    await forWriter('POST', path('shop'), body);
  });

  it('of a role that the writer has lost is refused at once (contract §4)', async () => {
    const body = { serviceAccountIdentity: accounts.weak };
    await forWriter('POST', path('own'), body);
    const { body: mine } = await deployment.iam('GET', `${path('own')}?serviceAccount=${writer.serviceAccount}`);
    await deployment.iam('DELETE', `${path('own')}/${mine[0].identity}`);
    expect(await onlyForAdmin('POST', path('own'), body)).toContain('role own');
  });

  it('can be deleted, also a stronger one (contract §4)', async () => {
    const id = await bind('strong', accounts.weak);
    await forWriter('PATCH', `${path('strong')}/${id}`, { name: 'renamed' });
    expect((await forWriter('DELETE', `${path('strong')}/${id}`)).status).toBe(204);
  });
});

describe('a role', () => {
  const rule = { resources: ['*'], permissions: ['*'] };

  it.each(['own', 'strong'] as const)('keeps its rules and its slug from a writer: %s (contract §4)', async (name) => {
    const path = `/v1/iam/roles/${roles[name]}`;
    expect(await onlyForAdmin('POST', `${path}/rules`, rule)).toContain('iam:admin');
    const { body: rules } = await deployment.iam('GET', `${path}/rules`);
    expect(await onlyForAdmin('PATCH', `${path}/rules/${rules[0].identity}`, { permissions: ['read'] })).toContain(
      'iam:admin',
    );
    expect(await onlyForAdmin('PATCH', path, { slug: `${name}-2` })).toContain('slug');
    const one = `${path}/rules/${rules[0].identity}`;
    await deployment.iam('PATCH', one, { resources: ['a', 'b'], permissions: ['read', 'list'] });
    for (const wider of [{ resources: ['a', 'c'] }, { permissions: ['*'] }, { note: 'x', resources: ['*'] }])
      expect(await onlyForAdmin('PATCH', one, wider)).toContain('iam:admin');
    await deployment.iam('PATCH', one, { resources: ['a', 'b'], permissions: ['read', 'list'] });
    await forWriter('PATCH', one, { resources: ['a'], permissions: ['read'], resourceIdentities: ['x'] });
    expect(await onlyForAdmin('PATCH', one, { resourceIdentities: [] })).toContain('iam:admin');
    await forWriter('DELETE', one);
  });

  it('can be created by a writer without rules (contract §4)', async () => {
    expect(await onlyForAdmin('POST', '/v1/iam/roles', { name: 'new', rules: [rule] })).toContain('rules');
    const { body } = await forWriter('POST', '/v1/iam/roles', { name: 'empty', rules: [] });
    await forWriter('PATCH', `/v1/iam/roles/${body.identity}`, { description: 'x', labels: { a: '1' } });
    expect(
      await onlyForAdmin('POST', `/v1/iam/roles/${body.identity}/bindings`, { serviceAccountIdentity: accounts.weak }),
    ).toContain('role empty');
  });

  it('can be renamed by a writer that holds it everywhere (contract §4)', async () => {
    await forWriter('PATCH', `/v1/iam/roles/${roles.own}`, { name: 'Own role' });
    expect(await onlyForAdmin('PATCH', `/v1/iam/roles/${roles.strong}`, { name: 'own' })).toContain('role strong');
    expect(await onlyForAdmin('PATCH', `/v1/iam/roles/${roles.shop}`, { name: 'other' })).toContain('role shop');
  });
});

describe('an access credential', () => {
  const path = (name: keyof typeof accounts): string => `/v1/service-accounts/${accounts[name]}/access-credentials`;

  it('has no more scopes than the writer (contract §4)', async () => {
    expect(
      await onlyForAdmin('POST', path('weak'), { name: 'a', scopes: ['api:read', 'api:write'], expiresAt: EXPIRY }),
    ).toContain('scope api:write');
    const { body } = await forWriter('POST', path('weak'), { scopes: ['api:read'], expiresAt: EXPIRY });
    expect(
      await onlyForAdmin('PATCH', `${path('weak')}/${body.identity}`, { scopes: ['tokens:introspect'] }),
    ).toContain('scope tokens:introspect');
  });

  it('is of no account whose roles the writer lacks, whatever its scopes (contract §4)', async () => {
    const refused = { name: 'a', expiresAt: EXPIRY };
    expect(await onlyForAdmin('POST', path('strong'), refused)).toContain('role strong');
    await forWriter('POST', path('equal'), refused);
  });

  it('that is stronger can be narrowed, shortened and deleted, not prolonged (contract §4)', async () => {
    const id = await root('POST', path('strong'), {
      scopes: ['api:write', 'api:read'],
      expiresAt: EXPIRY,
    });
    const one = `${path('strong')}/${id}`;
    expect(await onlyForAdmin('PATCH', one, { expiresAt: '2026-12-31T00:00:01Z' })).toContain(
      'scope api:write and role strong',
    );
    await forWriter('PATCH', one, { expiresAt: EXPIRY, scopes: ['api:write'], name: 'b' });
    expect(await onlyForAdmin('PATCH', one, { scopes: ['api:read'] })).toContain('role strong');
    await forWriter('DELETE', one);
  });
});

describe('an identity provider', () => {
  const path = (): string => `/v1/federated-identity-providers/${provider}`;
  const jwks = {
    keys: [
      {
        kty: 'EC',
        crv: 'P-256',
        kid: 'k',
        alg: 'ES256',
        x: 'OHuhlaOR3cHxWiKjaUquZfJ2OdljGv5grVp6kJcvP1s',
        y: 'jfV15TEXJyFTvvj9gjjfFr5x0KckpL9KtpNUcO8z0ok',
      },
    ],
  };
  const handGiven = [{ localJwks: jwks }, { providerJwksUri: 'https://keys.example.com/jwks' }];
  const changes = [
    { allowedAlgorithms: ['PS256'] },
    { subjectClaim: 'email' },
    { preset: 'gitlab' },
    { maxTokenLifetime: 172_800 },
  ];

  it.each(changes)('of identities with more scopes cannot be changed by %j (contract §4)', async (change) => {
    const id = await root('POST', '/v1/federated-identities', identity('a', accounts.weak, ['api:write']));
    expect(await onlyForAdmin('PATCH', path(), change)).toContain('scope api:write');
    await deployment.iam('DELETE', `/v1/federated-identities/${id}`);
  });

  it.each(changes)('of accounts with more roles cannot be changed by %j (contract §4)', async (change) => {
    await root('POST', '/v1/federated-identities', identity('a', accounts.strong, []));
    expect(await onlyForAdmin('PUT', path(), change)).toContain('role strong');
  });

  it.each(changes)('of what the writer holds can be changed by %j (contract §4)', async (change) => {
    await root('POST', '/v1/federated-identities', identity('a', accounts.equal, ['api:read']));
    expect((await forWriter('PATCH', path(), change)).body).toMatchObject(change);
  });

  it('cannot be switched on again, only off; its name and labels are free (contract §4)', async () => {
    await root('POST', '/v1/federated-identities', identity('a', accounts.strong, []));
    await forWriter('PATCH', path(), { name: 'renamed', labels: { a: '1' }, maxTokenLifetime: 600 });
    await forWriter('PATCH', path(), { status: 'inactive' });
    expect(await onlyForAdmin('PATCH', path(), { status: 'active' })).toContain('role strong');
  });

  it('can be registered by a writer, and used for what it holds (contract §4)', async () => {
    const body = { name: 'mine', providerIssuer: 'https://mine.example.com', subjectClaim: 'email' };
    const { body: made } = await forWriter('POST', '/v1/federated-identity-providers', body);
    const rule = { ...identity('new', accounts.strong, []), providerIdentity: made.identity };
    expect(await onlyForAdmin('POST', '/v1/federated-identities', rule)).toContain('role strong');
  });

  it.each(handGiven)(
    'with keys given by hand is made and changed by an administrator only: %j (contract §4)',
    async (keys) => {
      const body = { name: 'mine', providerIssuer: 'https://mine.example.com' };
      expect(await onlyForAdmin('POST', '/v1/federated-identity-providers', { ...body, ...keys })).toContain(
        'with localJwks or providerJwksUri',
      );
      expect(await onlyForAdmin('PATCH', path(), keys)).toContain('with localJwks or providerJwksUri');
      for (const change of [
        { localJwks: null, providerJwksUri: null },
        { providerJwksUri: 'https://keys.example.com/other' },
        { subjectClaim: 'email' },
        { maxTokenLifetime: 600 },
        { name: 'renamed' },
      ]) {
        expect(await onlyForAdmin('PUT', path(), change)).toContain('with localJwks or providerJwksUri');
        await deployment.iam('PATCH', path(), { localJwks: null, providerJwksUri: null, ...keys });
      }
      await forWriter('PATCH', path(), { status: 'inactive' });
      expect(await onlyForAdmin('PATCH', path(), { status: 'active' })).toContain('with localJwks or providerJwksUri');
      await forWriter('DELETE', path());
    },
  );

  it('accepts less by the hand of a writer, whoever uses it (contract §4)', async () => {
    await root('POST', '/v1/federated-identities', identity('a', accounts.strong, ['api:write']));
    await forWriter('PATCH', path(), { allowedAlgorithms: ['ES256'], maxTokenLifetime: 600 });
    expect(await onlyForAdmin('PATCH', path(), { allowedAlgorithms: ['ES256', 'RS256'] })).toContain('role strong');
  });
});

describe('a service account', () => {
  const path = (name: keyof typeof accounts): string => `/v1/service-accounts/${accounts[name]}`;

  it('with more roles is not switched on, nor given another slug, by a writer (contract §4)', async () => {
    expect(await onlyForAdmin('PATCH', path('strong'), { slug: 'other' })).toContain('role strong');
    await forWriter('PATCH', path('strong'), { name: 'renamed', labels: { a: '1' }, status: 'inactive' });
    expect(await onlyForAdmin('PATCH', path('strong'), { status: 'active' })).toContain('role strong');
    await forWriter('PATCH', path('equal'), { slug: 'another', status: 'inactive' });
    await forWriter('PATCH', path('equal'), { status: 'active' });
  });

  it.each([
    ['an identity', () => root('POST', '/v1/federated-identities', identity('a', accounts.weak, ['api:write']))],
    [
      'a credential',
      () => root('POST', `${path('weak')}/access-credentials`, { scopes: ['api:write'], expiresAt: EXPIRY }),
    ],
  ])('with more scopes through %s is not switched on by a writer (contract §4)', async (_what, strengthen) => {
    await forWriter('PATCH', path('weak'), { status: 'inactive' });
    await strengthen();
    expect(await onlyForAdmin('PATCH', path('weak'), { status: 'active' })).toContain('scope api:write');
  });
});

describe('acting as an account that somebody else created', () => {
  const IDENTITIES = '/v1/federated-identities';
  /** As an administrator made it for a cloud: no role, no scope, and so nothing that a writer could lack but its `sub`. */
  let cloud: string;
  const acts = 'decides who acts as cloud';

  beforeEach(async () => {
    cloud = await account('cloud');
  });

  it('says who created it (contract §4)', async () => {
    const { body: made } = await forWriter('POST', '/v1/service-accounts', { name: 'mine' });
    expect(made.createdBy).toBe(writer.serviceAccount);
    const { body: read } = await deployment.iam('GET', `/v1/service-accounts/${cloud}`);
    expect(read.createdBy).toBe('root');
    for (const [method, path] of [
      ['POST', '/v1/service-accounts'],
      ['PATCH', `/v1/service-accounts/${cloud}`],
      ['PUT', `/v1/service-accounts/${cloud}`],
    ] as const) {
      const refused = await deployment.iam(method, path, { name: 'x', createdBy: writer.serviceAccount });
      expect(refused).toMatchObject({
        status: 400,
        body: { errors: [{ pointer: '/createdBy', detail: 'is read-only' }] },
      });
    }
  });

  it('by a new identity or credential takes iam:admin (contract §4)', async () => {
    const rule = { ...identity('new', cloud, []), tokenAudiences: [ISSUER_URL] };
    expect(await onlyForAdmin('POST', IDENTITIES, rule)).toContain(acts);
    const credential = { name: 'c', expiresAt: EXPIRY, scopes: [] };
    expect(await onlyForAdmin('POST', `/v1/service-accounts/${cloud}/access-credentials`, credential)).toContain(acts);
    const { body: own } = await forWriter('POST', '/v1/service-accounts', { name: 'mine' });
    for (const mine of [own.identity, writer.serviceAccount]) {
      await forWriter('POST', IDENTITIES, { ...rule, name: 'twin', serviceAccountIdentity: mine });
      await forWriter('POST', `/v1/service-accounts/${mine}/access-credentials`, credential);
    }
  });

  it.each([
    { providerSubject: 'job:mine' },
    { providerSubject: 'job:a*', providerSubjectMatch: 'glob' },
    { conditions: { ref: 'x' } },
    { conditions: null },
    { expression: '' },
    { trustedAudiences: [ISSUER_URL, API] },
    { tokenAudiences: [ISSUER_URL, API] },
    { maxTokenLifetime: 7200 },
    { status: 'active' },
    { mode: 'enforce' },
    { replayProtection: 'off' },
    { expiresAt: null },
  ])('by changing its identity with %j takes iam:admin, by PUT too (contract §4)', async (change) => {
    const start = {
      providerSubject: 'job:a:b:c',
      conditions: { ref: 'y' },
      expression: 'claims.ref == "y"',
      tokenAudiences: [ISSUER_URL],
      status: 'inactive',
      mode: 'shadow',
      replayProtection: 'singleUse',
      expiresAt: EXPIRY,
    };
    const rule = { ...identity('rule', cloud, []), ...start };
    const wide = 'providerSubjectMatch' in change ? { ...change, providerSubject: 'job:a:b:*' } : change;
    for (const method of ['PUT', 'PATCH']) {
      const id = await root('POST', IDENTITIES, { ...rule, name: method });
      expect(await onlyForAdmin(method, `${IDENTITIES}/${id}`, wide)).toContain(acts);
    }
    await deployment.db.prepare('UPDATE service_account SET created_by = ?1').bind(writer.serviceAccount).run();
    const twin = await root('POST', IDENTITIES, rule);
    await forWriter('PATCH', `${IDENTITIES}/${twin}`, wide);
  });

  it.each([
    { allowedAlgorithms: ['RS256', 'ES256', 'PS256'] },
    { subjectClaim: 'email' },
    { preset: 'gitlab' },
    { maxTokenLifetime: 172_800 },
  ])('by changing its provider with %j takes iam:admin (contract §4)', async (change) => {
    const id = await root('POST', IDENTITIES, identity('rule', cloud, []));
    const path = `/v1/federated-identity-providers/${provider}`;
    expect(await onlyForAdmin('PATCH', path, change)).toContain(acts);
    await deployment.iam('DELETE', `${IDENTITIES}/${id}`);
    await root('POST', IDENTITIES, identity('own', accounts.weak, []));
    await deployment.iam('PATCH', path, {
      allowedAlgorithms: ['RS256'],
      subjectClaim: 'sub',
      preset: 'generic',
      maxTokenLifetime: 600,
    });
    await forWriter('PATCH', path, change);
  });

  it('by switching it, its identity or its provider on, or by another slug, takes iam:admin (contract §4)', async () => {
    const rule = await root('POST', IDENTITIES, identity('rule', cloud, []));
    for (const path of [
      `/v1/service-accounts/${cloud}`,
      `${IDENTITIES}/${rule}`,
      `/v1/federated-identity-providers/${provider}`,
    ]) {
      await forWriter('PATCH', path, { status: 'inactive' });
      expect(await onlyForAdmin('PATCH', path, { status: 'active' })).toContain(acts);
    }
    expect(await onlyForAdmin('PATCH', `/v1/service-accounts/${cloud}`, { slug: 'other' })).toContain(
      'decides who acts as',
    );
    await forWriter('PATCH', `/v1/service-accounts/${cloud}`, { name: 'renamed', labels: { a: '1' } });
    await forWriter('DELETE', `${IDENTITIES}/${rule}`);
    await forWriter('DELETE', `/v1/service-accounts/${cloud}`);
  });

  it('is not given by whoever the creator created (contract §4)', async () => {
    const { body: child } = await forWriter('POST', '/v1/service-accounts', { name: 'child' });
    await deployment.db
      .prepare('UPDATE service_account SET created_by = ?1 WHERE id = ?2')
      .bind(child.identity, cloud)
      .run();
    expect(await onlyForAdmin('POST', IDENTITIES, identity('new', cloud, []))).toContain(acts);
    await forWriter('POST', IDENTITIES, identity('new', child.identity, []));
  });

  it('a token of an access credential acts within its own account too (contract §4)', async () => {
    const { body } = await forWriter('POST', `/v1/service-accounts/${writer.serviceAccount}/access-credentials`, {
      name: 'c',
      expiresAt: EXPIRY,
      scopes: ['iam:write', 'api:read'],
    });
    const granted = await deployment.token({
      grant_type: 'client_credentials',
      client_id: body.accessKey,
      client_secret: body.accessSecret,
    });
    token = granted.body.access_token;
    expect(await onlyForAdmin('POST', IDENTITIES, identity('new', cloud, []))).toContain(acts);
    const rule = { ...identity('own', writer.serviceAccount, ['api:read']), tokenAudiences: [API] };
    expect(await onlyForAdmin('POST', IDENTITIES, rule)).toContain(`token audience ${API}`);
    await forWriter('POST', IDENTITIES, { ...rule, name: 'twin', tokenAudiences: [] });
  });
});

describe('a reader', () => {
  it('changes nothing at all (contract §4)', async () => {
    token = await writer.token({ scope: 'iam:read' });
    for (const [path, body] of [
      ['/v1/iam/roles', { name: 'r' }],
      [`/v1/iam/roles/${roles.own}/bindings`, { serviceAccountIdentity: accounts.weak }],
      [`/v1/service-accounts/${accounts.weak}/access-credentials`, { expiresAt: EXPIRY }],
      ['/v1/service-accounts', { name: 'r' }],
    ] as const) {
      const answer = await asWriter('POST', path, body);
      expect(answer.status).toBe(403);
      expect(answer.body.detail).toBe('this needs the scope iam:write');
      expect((await asWriter('GET', path)).status).toBe(200);
    }
  });
});
