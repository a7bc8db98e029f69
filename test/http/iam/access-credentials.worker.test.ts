// Access credentials: contract §5.5, from their creation to the token that they get, and back.

import { decodeJwt } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';

import { sha256 } from '../../../src/token/digest.ts';
import { deploy, ISSUER_URL } from '../../support/deployment.ts';
import type { Answer, Deployment } from '../../support/deployment.ts';
import { call } from '../../support/workload.ts';

const DAY = 86_400;
let deployment: Deployment;
let account: string;
let path: string;

beforeEach(async () => {
  deployment = await deploy();
  account = (await deployment.iam('POST', '/v1/service-accounts', { name: 'legacy' })).body.identity;
  path = `/v1/service-accounts/${account}/access-credentials`;
});

const at = (seconds: number): string => new Date((deployment.clock.now + seconds) * 1000).toISOString();
const post = (body: object): Promise<Answer> => deployment.iam('POST', path, body);

async function made(body: object = {}): Promise<Answer['body']> {
  const answer = await post({ name: 'cred', scopes: ['api:read', 'api:write'], expiresAt: at(30 * DAY), ...body });
  expect(answer, JSON.stringify(answer.body)).toMatchObject({ status: 201 });
  return answer.body;
}

const exchange = (
  { accessKey, accessSecret }: { accessKey: string; accessSecret: string },
  more: Record<string, string> = {},
): Promise<Answer> =>
  deployment.token({
    grant_type: 'client_credentials',
    client_id: accessKey,
    client_secret: accessSecret,
    ...more,
  });

describe('a new credential', () => {
  it('answers its secret of 256 bits once, and every member (contract §5.5)', async () => {
    const body = await made();
    const { accessSecret, ...rest } = body;
    expect(rest).toEqual({
      identity: expect.stringMatching(/^cred_[0-7][0-9a-z]{25}$/),
      name: 'cred',
      description: '',
      labels: {},
      annotations: {},
      serviceAccountIdentity: account,
      accessKey: expect.stringMatching(/^cbk_[\w-]{22}$/),
      scopes: ['api:read', 'api:write'],
      expiresAt: '2026-10-10T00:26:40Z',
      lastUsedAt: null,
      createdAt: '2026-09-10T00:26:40Z',
      updatedAt: '2026-09-10T00:26:40Z',
      objectVersion: 1,
    });
    expect(accessSecret).toMatch(/^cbs_[\w-]{43}$/);
    expect((await deployment.iam('GET', `${path}/${body.identity}`)).body).toEqual(rest);
    expect((await deployment.iam('GET', path)).body).toEqual([rest]);
    const second = await made({ name: 'second' });
    expect(second.accessSecret).not.toBe(accessSecret);
    expect(second.accessKey).not.toBe(rest.accessKey);
  });

  it('is stored as the digest of its secret, which is nowhere else (contract §1)', async () => {
    const { identity, accessSecret } = await made();
    await deployment.iam('PATCH', `${path}/${identity}`, { description: 'changed' });
    const row = await deployment.db.prepare('SELECT * FROM access_credential').first<Record<string, unknown>>();
    expect(row?.['secret_sha256']).toBe(await sha256(accessSecret));
    expect(JSON.stringify(row)).not.toContain(accessSecret);
    const events = await deployment.events();
    expect(events.map(({ action }) => action)).toContain('access_credential.create');
    const digest = await sha256(accessSecret);
    for (const everywhere of [JSON.stringify(events), JSON.stringify(deployment.logs)]) {
      expect(everywhere).not.toContain(accessSecret);
      expect(everywhere).not.toContain(digest);
    }
    expect(JSON.stringify((await deployment.iam('GET', path)).body)).not.toContain(digest);
  });

  it('needs no name, and no scopes (contract §5)', async () => {
    const answer = await post({ expiresAt: at(DAY), scopes: null, labels: null });
    expect(answer.body).toMatchObject({ name: expect.stringMatching(/^access-credential-/), scopes: [] });
    expect(decodeJwt((await exchange(answer.body)).body.access_token)['scope']).toBe('');
  });

  it.each([
    ['no time', { expiresAt: 'tomorrow' }, 'RFC 3339'],
    ['empty', { expiresAt: '' }, 'RFC 3339'],
  ])('is refused where its expiresAt is %s (contract §5.5)', async (_what, body, detail) => {
    const answer = await post({ name: 'c', ...body });
    expect(answer.status).toBe(400);
    expect(answer.body.errors).toEqual([{ pointer: '/expiresAt', detail: expect.stringContaining(detail) }]);
  });

  it.each([
    ['absent', {}],
    ['null', { expiresAt: null }],
  ])('lives for 90 days where its expiresAt is %s (contract §5.5)', async (_what, body) => {
    const answer = await post({ name: 'c', ...body });
    expect(answer.status).toBe(201);
    expect(answer.body.expiresAt).toBe('2026-12-09T00:26:40Z');
    const path = `/v1/service-accounts/${account}/access-credentials/${answer.body.identity}`;
    const changed = await deployment.iam('PATCH', path, { expiresAt: null, description: 'kept' });
    expect(changed.body).toMatchObject({ expiresAt: '2026-12-09T00:26:40Z', description: 'kept' });
  });

  it('gets a name where the one it is given is empty, and none by an update (contract §5)', async () => {
    const answer = await post({ name: '', scopes: ['api:read'] });
    expect(answer.status).toBe(201);
    expect(answer.body.name).toMatch(/^access-credential-/);
    const path = `/v1/service-accounts/${account}/access-credentials/${answer.body.identity}`;
    expect((await deployment.iam('PATCH', path, { name: '' })).status).toBe(400);
    expect((await deployment.iam('POST', '/v1/service-accounts', { name: '' })).status).toBe(400);
  });

  it.each([
    [0, 'in the future'],
    [-1, 'in the future'],
    [400 * DAY + 1, 'at most 400 days'],
  ])('is refused where it expires in %i s (contract §5.5)', async (seconds, detail) => {
    const answer = await post({ name: 'c', expiresAt: at(seconds) });
    expect(answer.status).toBe(400);
    expect(answer.body.errors).toEqual([{ pointer: '/expiresAt', detail: expect.stringContaining(detail) }]);
  });

  it.each([1, 400 * DAY])('is accepted where it expires in %i s (contract §5.5)', async (seconds) => {
    expect((await post({ name: 'c', expiresAt: at(seconds) })).status).toBe(201);
  });

  it('revives no token when it gets a later end after it expired; until then its end may move (contract §3)', async () => {
    const credential = await made();
    const before = (await exchange(credential)).body.access_token;
    const isActive = async (token: string): Promise<boolean> => {
      const body = new URLSearchParams({ token });
      const headers = { authorization: `Bearer ${token}` };
      return (await deployment.send('/oidc/introspect', { method: 'POST', headers, body })).body.active;
    };
    const move = async (expiresAt: string): Promise<number> =>
      (await deployment.iam('PATCH', `${path}/${credential.identity}`, { expiresAt })).status;
    expect([await move(at(10)), await move(at(20))]).toEqual([200, 200]);
    expect(await isActive(before)).toBe(true);
    deployment.clock.now += 20;
    expect(await isActive(before)).toBe(false);
    expect(await move(at(DAY))).toBe(200);
    expect(await isActive(before)).toBe(false);
    expect(await isActive((await exchange(credential)).body.access_token)).toBe(true);
  });

  it('cannot choose its key or its secret (contract §5.5)', async () => {
    const answer = await post({ expiresAt: at(DAY), accessKey: 'mine', accessSecret: 'mine', lastUsedAt: at(0) });
    expect(answer.status).toBe(400);
    expect(answer.body.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual([
      '/accessKey',
      '/accessSecret',
      '/lastUsedAt',
    ]);
  });

  it('has a name of its own within its account (contract §5)', async () => {
    await made();
    const answer = await post({ name: 'cred', expiresAt: at(DAY) });
    expect(answer.status).toBe(409);
    expect(JSON.stringify(answer.body)).not.toContain('cbs_');
  });
});

describe('the token it gets', () => {
  it('has its scopes, or those of them that are asked for, and is recorded (contract §5.5)', async () => {
    const credential = await made();
    const granted = await exchange(credential, { scope: 'api:read' });
    expect(granted).toMatchObject({ status: 200, body: { scope: 'api:read', expires_in: 3600 } });
    expect(decodeJwt(granted.body.access_token)).toMatchObject({ sub: account, aud: ISSUER_URL });
    const { body } = await deployment.iam('GET', `${path}/${credential.identity}`);
    expect(body).toMatchObject({ lastUsedAt: '2026-09-10T00:26:40Z', objectVersion: 1 });
  });

  it('is not given for another secret, and for this one again (contract §3)', async () => {
    const credential = await made();
    const other = await made({ name: 'other' });
    const wrong = await exchange({ ...credential, accessSecret: other.accessSecret });
    expect(wrong).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
    expect((await exchange(credential)).status).toBe(200);
  });

  it('is not given once the credential was deleted, expired or narrowed (contract §5.5)', async () => {
    const credential = await made();
    await deployment.iam('PATCH', `${path}/${credential.identity}`, { scopes: ['api:read'] });
    expect(await exchange(credential, { scope: 'api:write' })).toMatchObject({ body: { error: 'invalid_scope' } });
    expect((await exchange(credential)).body.scope).toBe('api:read');
    await deployment.iam('PATCH', `${path}/${credential.identity}`, { expiresAt: at(60) });
    deployment.clock.now += 60;
    expect((await exchange(credential)).status).toBe(401);
    await deployment.iam('PATCH', `${path}/${credential.identity}`, { expiresAt: at(60) });
    expect((await exchange(credential)).status).toBe(200);
    expect((await deployment.iam('DELETE', `${path}/${credential.identity}`)).status).toBe(204);
    expect((await exchange(credential)).status).toBe(401);
  });

  it('has the roles of the bindings without scopes, and of those that name one of its scopes (contract §5.4)', async () => {
    for (const [slug, scopes] of [
      ['always', null],
      ['writer', ['api:write', 'other:scope']],
    ] as const) {
      const role = (await deployment.iam('POST', '/v1/iam/roles', { name: slug })).body.identity;
      await deployment.iam('POST', `/v1/iam/roles/${role}/bindings`, {
        serviceAccountIdentity: account,
        scopes,
        projects: scopes === null ? [] : ['shop'],
      });
    }
    const credential = await made();
    const rolesOf = async (more: Record<string, string>): Promise<unknown> =>
      decodeJwt((await exchange(credential, { project_id: 'shop', ...more })).body.access_token)['roles'];
    expect(await rolesOf({})).toEqual(['always', 'writer']);
    expect(await rolesOf({ scope: 'api:write' })).toEqual(['always', 'writer']);
    expect(await rolesOf({ scope: 'api:read' })).toEqual(['always']);
  });
});

describe('a binding with scopes', () => {
  it('is no way into a project for a token without one of them (contract §5.4)', async () => {
    const role = (await deployment.iam('POST', '/v1/iam/roles', { name: 'writer' })).body.identity;
    const binding = { serviceAccountIdentity: account, scopes: ['api:write'], projects: ['shop'] };
    await deployment.iam('POST', `/v1/iam/roles/${role}/bindings`, binding);
    const credential = await made();
    const refused = await exchange(credential, { project_id: 'shop', scope: 'api:read' });
    expect(refused).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    expect((await exchange(credential, { project_id: 'shop', scope: 'api:write' })).status).toBe(200);
  });

  it('counts in /v1/me as in the token (contract §5.9)', async () => {
    const role = (await deployment.iam('POST', '/v1/iam/roles', { name: 'writer' })).body.identity;
    const binding = { serviceAccountIdentity: account, scopes: ['api:write'] };
    await deployment.iam('POST', `/v1/iam/roles/${role}/bindings`, binding);
    const credential = await made({ scopes: ['iam:read', 'api:write'] });
    for (const [scope, count] of [
      ['iam:read', 0],
      ['iam:read api:write', 1],
    ] as const) {
      const { body } = await exchange(credential, { scope, audience: ISSUER_URL });
      const me = await call(deployment, body.access_token, 'GET', '/v1/me');
      expect(me.body.roles).toHaveLength(count);
    }
  });
});

describe('the account', () => {
  it('takes its credentials along when it is deleted (contract §5.2)', async () => {
    const credential = await made({ labels: { a: '1' } });
    expect((await deployment.iam('DELETE', `/v1/service-accounts/${account}`)).status).toBe(204);
    expect((await exchange(credential)).status).toBe(401);
    expect((await deployment.iam('GET', path)).status).toBe(404);
    expect((await deployment.db.prepare('SELECT * FROM object_label').all()).results).toEqual([]);
  });

  it('must exist, and must be the one that the credential is of (contract §5)', async () => {
    const { identity } = await made();
    const other = (await deployment.iam('POST', '/v1/service-accounts', { name: 'other' })).body.identity;
    for (const [parent, status] of [
      [account, 200],
      [other, 404],
      ['sa_7zzzzzzzzzzzzzzzzzzzzzzzzz', 404],
    ]) {
      const answer = await deployment.iam('GET', `/v1/service-accounts/${parent}/access-credentials/${identity}`);
      expect(answer.status).toBe(status);
    }
    const created = await deployment.iam('POST', '/v1/service-accounts/nobody/access-credentials', {
      expiresAt: at(DAY),
    });
    expect(created.status).toBe(404);
  });
});
