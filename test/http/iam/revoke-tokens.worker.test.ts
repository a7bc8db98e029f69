// Tokens end with what they rest on (contract §3): what is disabled revives none, revoke-tokens ends them all, and later ones count.

import { decodeJwt } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';
import { deploy } from '../../support/deployment.ts';
import type { Answer, Deployment } from '../../support/deployment.ts';
import { addOtherOrganisation, addWorkload, call, introspect } from '../../support/workload.ts';
import type { Workload } from '../../support/workload.ts';

let deployment: Deployment;
let app: Workload;
let other: Workload;
let admin: string;

beforeEach(async () => {
  deployment = await deploy();
  app = await addWorkload(deployment, 'app', ['iam:read']);
  other = await addWorkload(deployment, 'other', ['iam:read']);
  admin = await (await addWorkload(deployment, 'admin', ['iam:admin'])).token();
});

const isActive = async (token: string): Promise<boolean> => (await introspect(deployment, token)).body.active;
const opens = async (token: string): Promise<boolean> =>
  (await call(deployment, token, 'GET', '/v1/me')).status === 200;
const provider = async (): Promise<string> =>
  (await deployment.iam('GET', '/v1/federated-identity-providers?name=app')).body[0].identity;
const paths = {
  account: async () => `/v1/service-accounts/${app.serviceAccount}`,
  identity: async () => `/v1/federated-identities/${app.federatedIdentity}`,
  provider: async () => `/v1/federated-identity-providers/${await provider()}`,
};
type Kind = keyof typeof paths;
const patch = async (kind: Kind, body: object): Promise<Answer> => deployment.iam('PATCH', await paths[kind](), body);

/** Whether a token counts, at introspection and at the API, which must agree. */
async function counts(token: string): Promise<boolean> {
  const active = await isActive(token);
  expect(await opens(token)).toBe(active);
  return active;
}

describe('what is switched off and on again', () => {
  const PAST = '2026-09-10T00:26:30Z';
  it.each<[string, Kind, object, object]>([
    ['an account', 'account', { status: 'inactive' }, { status: 'active' }],
    ['an identity', 'identity', { status: 'inactive' }, { status: 'active' }],
    ['a revoked identity', 'identity', { status: 'revoked' }, { status: 'active' }],
    ['an expired identity', 'identity', { expiresAt: PAST }, { expiresAt: null }],
    ['a provider', 'provider', { status: 'inactive' }, { status: 'active' }],
  ])('%s revives no token, in the same second too, and issues new ones (contract §3)', async (_what, kind, off, on) => {
    const [old, foreign] = [await app.token(), await other.token()];
    expect(await counts(old)).toBe(true);
    const switchedOff = await patch(kind, off);
    expect(switchedOff.status).toBe(200);
    if (kind !== 'provider') expect(switchedOff.body.tokensNotBefore).toBe('2026-09-10T00:26:41Z');
    expect(await counts(old)).toBe(false);
    expect((await patch(kind, on)).status).toBe(200);
    expect(await counts(old)).toBe(false);
    const fresh = await app.token();
    expect(await counts(fresh)).toBe(true);
    expect(await counts(foreign)).toBe(true);
    deployment.clock.now += 60;
    expect(await counts(old)).toBe(false);
    expect(await counts(fresh)).toBe(true);
  });

  it('an identity that expired by itself revives none when it is prolonged (contract §3)', async () => {
    await patch('identity', { expiresAt: '2026-09-10T00:27:40Z' });
    const old = await app.token();
    deployment.clock.now += 60;
    expect(await counts(old)).toBe(false);
    await patch('identity', { expiresAt: null });
    expect(await counts(old)).toBe(false);
    expect(await counts(await app.token())).toBe(true);
  });

  it('changes that switch nothing end no token', async () => {
    const token = await app.token();
    await patch('account', { description: 'new' });
    await patch('identity', { expiresAt: '2027-01-01T00:00:00Z', allowedScopes: [] });
    await patch('provider', { maxTokenLifetime: 600 });
    expect(await counts(token)).toBe(true);
    for (const kind of ['account', 'identity'] as const)
      expect((await deployment.iam('GET', await paths[kind]())).body.tokensNotBefore).toBeNull();
  });

  it('tokens are dated in whole seconds, never more than a second ahead, and live their whole life', async () => {
    await patch('account', { status: 'inactive' });
    await patch('account', { status: 'active' });
    const { iat = 0, exp } = decodeJwt(await app.token());
    expect(iat - deployment.clock.now).toBe(1);
    expect(exp).toBe(iat + 3600);
    deployment.clock.now += 1;
    expect(decodeJwt(await app.token()).iat).toBe(deployment.clock.now);
  });
});

describe('POST …/revoke-tokens (contract §3)', () => {
  it.each(['account', 'identity'] as const)('of an %s ends its tokens at once, and later ones count', async (kind) => {
    const [old, foreign] = [await app.token(), await other.token()];
    const answer = await deployment.iam('POST', `${await paths[kind]()}/revoke-tokens`);
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ status: 'active', objectVersion: 2, tokensNotBefore: '2026-09-10T00:26:41Z' });
    expect(answer.headers.get('etag')).toBe('"2"');
    expect(await counts(old)).toBe(false);
    const fresh = await app.token();
    expect(await counts(fresh)).toBe(true);
    expect(await counts(foreign)).toBe(true);
    await deployment.iam('POST', `${await paths[kind]()}/revoke-tokens`);
    expect(await counts(fresh)).toBe(false);
    expect(await counts(await app.token())).toBe(true);
  });

  it('of an account ends those of its access credentials, too', async () => {
    const path = `${await paths.account()}/access-credentials`;
    const made = await deployment.iam('POST', path, { scopes: ['iam:read'], expiresAt: '2026-12-31T00:00:00Z' });
    const grant = async (): Promise<string> => {
      const credential = { client_id: made.body.accessKey, client_secret: made.body.accessSecret };
      return (await deployment.token({ grant_type: 'client_credentials', ...credential })).body.access_token;
    };
    const old = await grant();
    expect(await counts(old)).toBe(true);
    await deployment.iam('POST', `${await paths.account()}/revoke-tokens`);
    expect(await counts(old)).toBe(false);
    expect(await counts(await grant())).toBe(true);
  });

  it('of an account moves no token of an access credential past the end of the credential (contract §5.5)', async () => {
    const expiresAt = '2026-09-10T00:28:20Z';
    const path = `${await paths.account()}/access-credentials`;
    const made = await deployment.iam('POST', path, { scopes: ['iam:read'], expiresAt });
    const credential = { client_id: made.body.accessKey, client_secret: made.body.accessSecret };
    for (const ahead of [0, 1]) {
      if (ahead === 1) await deployment.iam('POST', `${await paths.account()}/revoke-tokens`);
      const { body } = await deployment.token({ grant_type: 'client_credentials', ...credential });
      const { iat = 0, nbf, exp } = decodeJwt(body.access_token);
      expect(iat - deployment.clock.now).toBe(ahead);
      expect(nbf).toBe(iat - 60);
      expect(exp).toBe(Date.parse(expiresAt) / 1000);
      expect(body.expires_in).toBe(100 - ahead);
      expect(await counts(body.access_token)).toBe(true);
    }
  });

  it('is audited with the object before and after', async () => {
    await deployment.iam('POST', `${await paths.account()}/revoke-tokens`);
    await deployment.iam('POST', `${await paths.identity()}/revoke-tokens`);
    for (const [action, of] of [
      ['service_account.revoke_tokens', { serviceAccount: app.serviceAccount }],
      ['federated_identity.revoke_tokens', { federatedIdentity: app.federatedIdentity }],
    ] as const) {
      const { status, body } = await deployment.iam('GET', `/v1/audit-events?action=${action}`);
      expect(status).toBe(200);
      expect(body).toMatchObject([{ action, actor: 'root', outcome: 'success', ...of }]);
      expect(body[0].changes).toMatchObject({ before: { tokensNotBefore: null }, after: { objectVersion: 2 } });
    }
  });

  it('takes if-match, and nothing else than the right version (412)', async () => {
    const path = `${await paths.account()}/revoke-tokens`;
    const withVersion = (version: string): Promise<Answer> =>
      call(deployment, admin, 'POST', path, undefined, { 'if-match': `"${version}"` });
    expect((await withVersion('7')).status).toBe(412);
    expect((await withVersion('1')).status).toBe(200);
  });

  it('needs iam:write, and is 404 for what is not there or another organisation’s (contract §4)', async () => {
    const path = `${await paths.account()}/revoke-tokens`;
    const writer = await (await addWorkload(deployment, 'writer', ['iam:write'])).token();
    expect((await call(deployment, await app.token(), 'POST', path)).status).toBe(403);
    const organisation = await addOtherOrganisation(deployment);
    const stranger = await (await addWorkload(deployment, 'stranger', ['iam:admin'], { organisation })).token();
    expect((await call(deployment, stranger, 'POST', path)).status).toBe(404);
    expect(
      (await deployment.iam('POST', '/v1/service-accounts/sa_01m7y3kecgf6bvd8pnr2wy8a8b/revoke-tokens')).status,
    ).toBe(404);
    expect((await call(deployment, writer, 'POST', path)).status).toBe(200);
    expect((await deployment.iam('GET', path)).status).toBe(405);
  });

  it('is not written by a body: tokensNotBefore is read-only', async () => {
    for (const kind of ['account', 'identity', 'provider'] as const) {
      const answer = await patch(kind, { tokensNotBefore: '2020-01-01T00:00:00Z' });
      expect(answer.status).toBe(400);
      expect(answer.body.errors).toMatchObject([{ pointer: '/tokensNotBefore' }]);
    }
  });

  it('is not lost to a change at the same time', async () => {
    const path = await paths.account();
    const old = await app.token();
    await Promise.all([
      ...Array.from({ length: 5 }, (_, at) => deployment.iam('PATCH', path, { description: `change ${at}` })),
      deployment.iam('POST', `${path}/revoke-tokens`),
      ...Array.from({ length: 5 }, (_, at) => deployment.iam('PATCH', path, { description: `later ${at}` })),
    ]);
    expect(await counts(old)).toBe(false);
  });
});
