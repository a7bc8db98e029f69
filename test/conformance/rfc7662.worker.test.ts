// RFC 7662 (token introspection), as contract §3 narrows it: who may ask, which tokens count, what is told.

import { decodeJwt } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';
import { ADMIN_TOKEN, deploy, ID_TOKEN, ISSUER_URL } from '../support/deployment.ts';
import type { Deployment } from '../support/deployment.ts';
import {
  addOtherOrganisation,
  addWorkload,
  bindRole,
  call,
  DEFAULT_ORGANISATION_ID,
  forge,
  introspect,
  newSigningKey,
  revoke,
  signingKeys,
} from '../support/workload.ts';
import type { Workload } from '../support/workload.ts';

let deployment: Deployment;
let app: Workload;
let token: string;

beforeEach(async () => {
  deployment = await deploy();
  app = await addWorkload(deployment, 'app', ['api:read', 'api:write']);
  token = await app.token();
});

describe('an active token', () => {
  it('is answered with every member of RFC 7662 and of this service (RFC 7662 §2.2)', async () => {
    await bindRole(deployment, app.serviceAccount, 'deployer', ['shop']);
    token = await app.token({ project_id: 'shop', scope: 'api:read' });
    const { now } = deployment.clock;
    const answer = await introspect(deployment, token);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.body).toEqual({
      active: true,
      token_type: 'Bearer',
      iss: ISSUER_URL,
      sub: app.serviceAccount,
      client_id: app.serviceAccount,
      aud: ISSUER_URL,
      iat: now,
      nbf: now - 60,
      exp: now + 3600,
      jti: decodeJwt(token).jti,
      scope: 'api:read',
      organisation: DEFAULT_ORGANISATION_ID,
      service_account: 'app',
      roles: ['deployer'],
      project: 'shop',
      act: { iss: 'https://app.issuer.example.com', sub: 'app' },
      federated_identity: app.federatedIdentity,
    });
  });

  it('counts until the second it expires in, and not in that one (RFC 7662 §2.2)', async () => {
    deployment.clock.now += 3599;
    expect((await introspect(deployment, token)).body.active).toBe(true);
    deployment.clock.now += 1;
    expect((await introspect(deployment, token)).body).toEqual({ active: false });
  });

  it('costs one D1 round trip, and an unverifiable one none (contract §3)', async () => {
    deployment.resetCounts();
    await introspect(deployment, token);
    expect(deployment.counts).toMatchObject({ d1Trips: 1, d1Writes: 0, kvReads: 0, fetches: [] });
    deployment.resetCounts();
    await introspect(deployment, `${token.slice(0, -4)}AAAA`);
    expect(deployment.counts.d1Trips).toBe(0);
  });

  it('ignores the hint about its type (RFC 7662 §2.1)', async () => {
    const answer = await deployment.send('/oidc/introspect', {
      method: 'POST',
      headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
      body: new URLSearchParams({ token, token_type_hint: 'refresh_token' }),
    });
    expect(answer.body.active).toBe(true);
  });
});

describe('a token that does not count reads {"active":false} and nothing else', () => {
  const claims = (changes: Record<string, unknown>): Record<string, unknown> => ({ ...decodeJwt(token), ...changes });

  it.each<[string, () => Promise<string>]>([
    ['text', async () => 'nothing'],
    ['three dots', async () => '...'],
    ['one of 20 KiB', async () => 'a'.repeat(20_000)],
    ['with white space behind it', async () => `${token}\n`],
    ['with another signature', async () => `${token.slice(0, token.lastIndexOf('.'))}.${'A'.repeat(86)}`],
    [
      'with the payload of another one',
      async () => {
        const [header, , signature] = token.split('.');
        return [header, (await app.token({ scope: 'api:read' })).split('.')[1], signature].join('.');
      },
    ],
    ['of a key that is not ours', async () => forge(claims({}), {}, await newSigningKey('ES256', 'test-es256'))],
    ['of a kid that is not ours', async () => forge(claims({}), { kid: 'another' })],
    ['without a kid', async () => forge(claims({}), { kid: undefined })],
    ['of another issuer', async () => forge(claims({ iss: 'https://elsewhere.example' }))],
    ['without a type', async () => forge(claims({}), { typ: undefined })],
    ['of the type of an ID token', async () => forge(claims({}), { typ: 'JWT' })],
    ['that is not valid yet', async () => forge(claims({ nbf: deployment.clock.now + 1 }))],
    ['without exp', async () => forge(claims({ exp: undefined }))],
    ['without jti', async () => forge(claims({ jti: undefined }))],
    ['without scope', async () => forge(claims({ scope: undefined }))],
    ['whose client is another account', async () => forge(claims({ client_id: 'sa_another' }))],
    ['of another organisation than its account', async () => forge(claims({ organisation: 'org_another' }))],
    ['of an account that never was', async () => forge(claims({ sub: 'sa_x', client_id: 'sa_x' }))],
  ])('%s (RFC 7662 §2.2)', async (_what, make) => {
    const answer = await introspect(deployment, await make());
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ active: false });
  });

  it('while the same claims, signed by our key as an access token, count (RFC 7662 §2.2)', async () => {
    expect((await introspect(deployment, await forge(claims({})))).body.active).toBe(true);
  });

  it('an ID token of ours (contract §3)', async () => {
    const cloud = await addWorkload(deployment, 'cloud', [], { tokenAudiences: ['sts.amazonaws.com'] });
    const idToken = await cloud.token({ requested_token_type: ID_TOKEN, audience: 'sts.amazonaws.com' });
    expect((await introspect(deployment, idToken)).body).toEqual({ active: false });
    expect((await introspect(deployment, await cloud.token())).body.active).toBe(true);
  });

  it('one whose account was disabled, also once it is active again (contract §3)', async () => {
    const path = `/v1/service-accounts/${app.serviceAccount}`;
    await deployment.iam('PATCH', path, { status: 'inactive' });
    expect((await introspect(deployment, token)).body).toEqual({ active: false });
    await deployment.iam('PATCH', path, { status: 'active' });
    expect((await introspect(deployment, token)).body).toEqual({ active: false });
    expect((await introspect(deployment, await app.token())).body.active).toBe(true);
  });

  it('one whose account was deleted (contract §3)', async () => {
    expect((await deployment.iam('DELETE', `/v1/service-accounts/${app.serviceAccount}`)).status).toBe(204);
    expect((await introspect(deployment, token)).body).toEqual({ active: false });
  });

  it.each<[string, object]>([
    ['disabled', { status: 'inactive' }],
    ['revoked', { status: 'revoked' }],
    ['expired', { expiresAt: '2026-09-10T00:26:41Z' }],
  ])(
    'one whose federated identity was %s, here and at the API, while another identity’s counts (contract §3)',
    async (_what, change) => {
      const admin = await addWorkload(deployment, 'admin', ['iam:read']);
      const ofAdmin = await admin.token();
      await deployment.iam('PATCH', `/v1/federated-identities/${admin.federatedIdentity}`, change);
      deployment.clock.now += 2;
      expect((await introspect(deployment, ofAdmin)).body).toEqual({ active: false });
      expect((await call(deployment, ofAdmin, 'GET', '/v1/me')).status).toBe(401);
      expect((await introspect(deployment, token)).body.active).toBe(true);
    },
  );

  it('one whose federated identity was deleted (contract §3)', async () => {
    await deployment.iam('DELETE', `/v1/federated-identities/${app.federatedIdentity}`);
    expect((await introspect(deployment, token)).body).toEqual({ active: false });
  });

  it('one whose provider was disabled (contract §3)', async () => {
    const { body } = await deployment.iam('GET', '/v1/federated-identity-providers?name=app');
    await deployment.iam('PATCH', `/v1/federated-identity-providers/${body[0].identity}`, { status: 'inactive' });
    expect((await introspect(deployment, token)).body).toEqual({ active: false });
  });

  it('one whose access credential was deleted, while that of another one counts (contract §3)', async () => {
    const path = `/v1/service-accounts/${app.serviceAccount}/access-credentials`;
    const make = async (name: string): Promise<{ identity: string; token: string }> => {
      const body = { name, scopes: ['api:read'], expiresAt: '2026-12-31T00:00:00Z' };
      const { identity, accessKey, accessSecret } = (await deployment.iam('POST', path, body)).body;
      const granted = await deployment.token({
        grant_type: 'client_credentials',
        client_id: accessKey,
        client_secret: accessSecret,
      });
      return { identity, token: granted.body.access_token };
    };
    const [one, other] = [await make('one'), await make('other')];
    expect((await introspect(deployment, one.token)).body).toMatchObject({
      active: true,
      access_credential: one.identity,
    });
    await deployment.iam('DELETE', `${path}/${one.identity}`);
    expect((await introspect(deployment, one.token)).body).toEqual({ active: false });
    expect((await introspect(deployment, other.token)).body.active).toBe(true);
  });

  it('one that names an identity or a credential of another account (contract §3)', async () => {
    const other = await addWorkload(deployment, 'other', []);
    for (const changes of [
      { federated_identity: other.federatedIdentity },
      { federated_identity: undefined },
      { federated_identity: undefined, access_credential: 'cred_1' },
    ])
      expect((await introspect(deployment, await forge(claims(changes)))).body).toEqual({ active: false });
  });

  it('one whose key left the secret (contract §5.8)', async () => {
    const keys = [await newSigningKey('ES256', 'new'), ...signingKeys().filter(({ alg }) => alg !== 'ES256')];
    deployment.coldStart({ SIGNING_KEYS: JSON.stringify({ keys }) });
    expect((await introspect(deployment, token)).body).toEqual({ active: false });
  });
});

describe('who may ask', () => {
  it('nobody without a credential: 401 with a challenge that names no error (RFC 6750 §3.1)', async () => {
    const answer = await introspect(deployment, token, null);
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toBe(
      'Bearer realm="cambist", Basic realm="cambist", charset="UTF-8"',
    );
    expect(answer.body).not.toHaveProperty('active');
  });

  it.each([
    ['a wrong token', 'nothing'],
    ['the root token and more', `${ADMIN_TOKEN}x`],
  ])('not %s: 401 (RFC 7662 §2.3)', async (_what, credential) => {
    const answer = await introspect(deployment, token, credential);
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toContain('error="invalid_token"');
  });

  it.each(['tokens:introspect', 'iam:read', 'iam:write', 'iam:admin'])(
    'a token with %s (contract §3)',
    async (scope) => {
      const api = await addWorkload(deployment, 'api', [scope]);
      expect((await introspect(deployment, token, await api.token())).body.active).toBe(true);
    },
  );

  it('not one with other scopes: 401 that names the scope (RFC 7662 §2.3)', async () => {
    const answer = await introspect(deployment, token, await app.token());
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toContain('error="insufficient_scope", scope="tokens:introspect"');
  });

  it('not one that is meant for another service, and one for both (RFC 9068 §4)', async () => {
    const audiences = ['https://api.example.com', ISSUER_URL];
    const api = await addWorkload(deployment, 'api', ['tokens:introspect'], { tokenAudiences: audiences });
    const foreign = await api.token({ audience: 'https://api.example.com' });
    expect((await introspect(deployment, token, foreign)).status).toBe(401);
    expect((await introspect(deployment, token, await api.token({ audience: ISSUER_URL }))).body.active).toBe(true);
  });

  it('not one that expired, was revoked, or whose account is disabled (RFC 7662 §2.3)', async () => {
    const api = await addWorkload(deployment, 'api', ['tokens:introspect']);
    const [revoked, good] = [await api.token(), await api.token()];
    await revoke(deployment, revoked);
    expect((await introspect(deployment, token, revoked)).status).toBe(401);
    expect((await introspect(deployment, token, good)).status).toBe(200);
    await deployment.iam('PATCH', `/v1/service-accounts/${api.serviceAccount}`, { status: 'inactive' });
    expect((await introspect(deployment, token, good)).status).toBe(401);
    await deployment.iam('PATCH', `/v1/service-accounts/${api.serviceAccount}`, { status: 'active' });
    deployment.clock.now += 3600;
    expect((await introspect(deployment, token, good)).status).toBe(401);
  });

  it('the token itself, whatever its scopes and audience, also once it does not count (contract §3)', async () => {
    const api = await addWorkload(deployment, 'api', ['x:y'], { tokenAudiences: ['https://api.example.com'] });
    const own = await api.token();
    expect((await introspect(deployment, own, own)).body).toMatchObject({ active: true, scope: 'x:y' });
    await revoke(deployment, own);
    expect((await introspect(deployment, own, own)).body).toEqual({ active: false });
  });

  it('about tokens of its own organisation only; root about all (RFC 7662 §4)', async () => {
    const organisation = await addOtherOrganisation(deployment);
    const stranger = await addWorkload(deployment, 'stranger', ['iam:admin'], { organisation });
    const credential = await stranger.token();
    expect((await introspect(deployment, token, credential)).body).toEqual({ active: false });
    expect((await introspect(deployment, await stranger.token(), credential)).body.active).toBe(true);
    const admin = await addWorkload(deployment, 'admin', ['iam:admin']);
    expect((await introspect(deployment, credential, await admin.token())).body).toEqual({ active: false });
    expect((await introspect(deployment, credential)).body.active).toBe(true);
  });
});

describe('an access credential (contract §3, RFC 7662 §2.1)', () => {
  interface Client {
    readonly key: string;
    readonly secret: string;
    readonly account: string;
  }
  const addClient = async (scopes: readonly string[], account = app.serviceAccount): Promise<Client> => {
    const path = `/v1/service-accounts/${account}/access-credentials`;
    const { status, body } = await deployment.iam('POST', path, { scopes, expiresAt: '2026-12-31T00:00:00Z' });
    if (status !== 201) throw new Error(JSON.stringify(body));
    return { key: body.accessKey, secret: body.accessSecret, account };
  };
  const ask = (
    headers: Record<string, string>,
    parameters: Record<string, string> = {},
    path = '/oidc/introspect',
  ): ReturnType<Deployment['send']> =>
    deployment.send(path, { method: 'POST', headers, body: new URLSearchParams({ token, ...parameters }) });
  const basic = (key: string, secret: string): Record<string, string> => ({
    authorization: `Basic ${btoa(`${key}:${secret}`)}`,
  });

  it.each(['tokens:introspect', 'iam:read', 'iam:admin'])(
    'with %s may ask, by HTTP Basic and by form',
    async (scope) => {
      const { key, secret } = await addClient([scope]);
      expect((await ask(basic(key, secret))).body).toMatchObject({ active: true, sub: app.serviceAccount });
      expect((await ask({}, { client_id: key, client_secret: secret })).body).toMatchObject({ active: true });
    },
  );

  it('costs two D1 round trips, and writes nothing', async () => {
    const { key, secret } = await addClient(['tokens:introspect']);
    deployment.resetCounts();
    await ask(basic(key, secret));
    expect(deployment.counts).toMatchObject({ d1Trips: 2, d1Writes: 0 });
  });

  it.each<[string, (client: Client) => [Record<string, string>, Record<string, string>?]]>([
    ['a wrong secret', ({ key }) => [basic(key, 'wrong')]],
    ['a wrong secret in the form', ({ key }) => [{}, { client_id: key, client_secret: 'wrong' }]],
    ['an unknown key', ({ secret }) => [basic('cbk_unknown', secret)]],
    ['an empty secret', ({ key }) => [basic(key, '')]],
    ['a damaged header', () => [{ authorization: 'Basic !' }]],
    [
      'a damaged header beside a good form',
      ({ key, secret }) => [{ authorization: 'Basic !' }, { client_id: key, client_secret: secret }],
    ],
  ])('is 401 invalid_client with %s (RFC 6749 §5.2)', async (_name, make) => {
    const answer = await ask(...make(await addClient(['tokens:introspect'])));
    expect(answer.status).toBe(401);
    expect(answer.body).toMatchObject({ error: 'invalid_client' });
    expect(answer.body).not.toHaveProperty('active');
    expect(answer.headers.get('www-authenticate')).toContain('Basic');
  });

  it('without a scope for it is 401 that names the scope', async () => {
    const { key, secret } = await addClient(['api:read']);
    const answer = await ask(basic(key, secret));
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toContain('scope="tokens:introspect"');
  });

  it('counts no more once it is deleted, expired, or its account is disabled', async () => {
    const other = await addWorkload(deployment, 'other', []);
    const { key, secret, account } = await addClient(['tokens:introspect'], other.serviceAccount);
    await deployment.iam('PATCH', `/v1/service-accounts/${account}`, { status: 'inactive' });
    expect((await ask(basic(key, secret))).status).toBe(401);
    await deployment.iam('PATCH', `/v1/service-accounts/${account}`, { status: 'active' });
    expect((await ask(basic(key, secret))).status).toBe(200);
    deployment.clock.now = Date.parse('2026-12-31T00:00:00Z') / 1000;
    expect((await ask(basic(key, secret))).status).toBe(401);
  });

  it('learns about tokens of its own organisation only (RFC 7662 §4)', async () => {
    const organisation = await addOtherOrganisation(deployment);
    const stranger = await addWorkload(deployment, 'stranger', [], { organisation });
    token = await stranger.token();
    const { key, secret } = await addClient(['iam:admin']);
    expect((await ask(basic(key, secret))).body).toEqual({ active: false });
  });

  it('is refused in the query string (RFC 6749 §2.3.1)', async () => {
    const { key, secret } = await addClient(['iam:read']);
    const path = `/oidc/introspect?client_id=${key}&client_secret=${secret}`;
    expect((await ask({}, {}, path)).status).toBe(400);
  });

  it('is what the metadata offer (RFC 8414 §2)', async () => {
    const { body } = await deployment.send('/.well-known/oauth-authorization-server');
    expect(body.introspection_endpoint_auth_methods_supported).toEqual(
      expect.arrayContaining(['client_secret_basic', 'client_secret_post']),
    );
    expect(body.revocation_endpoint_auth_methods_supported).toContain('none');
  });
});

describe('the request', () => {
  const post = (init: {
    body: string | URLSearchParams;
    headers?: Record<string, string>;
  }): ReturnType<Deployment['send']> =>
    deployment.send('/oidc/introspect', {
      method: 'POST',
      ...init,
      headers: { authorization: `Bearer ${ADMIN_TOKEN}`, ...init.headers },
    });

  it('needs the parameter token (RFC 7662 §2.1)', async () => {
    const answer = await post({ body: new URLSearchParams({ token: '' }) });
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ error: 'invalid_request' });
  });

  it.each(['token', 'client_secret', 'client_assertion', 'access_token', 'jwt'])(
    'refuses %s in the query string (RFC 6749 §2.3.1)',
    async (name) => {
      const ask = (path: string): ReturnType<typeof deployment.send> =>
        deployment.send(path, {
          method: 'POST',
          headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
          body: new URLSearchParams({ token }),
        });
      const answer = await ask(`/oidc/introspect?${name}=${token}`);
      expect(answer.status).toBe(400);
      expect(answer.body.message).toContain('query string');
      expect((await ask('/oidc/introspect?trace=1')).body.active).toBe(true);
    },
  );

  it('refuses a repeated token (RFC 6749 §3.2)', async () => {
    expect(
      (
        await post({
          body: new URLSearchParams([
            ['token', token],
            ['token', token],
          ]),
        })
      ).status,
    ).toBe(400);
  });

  it('refuses other content with 415, a large body with 413, another method with 405 (contract §1)', async () => {
    expect((await post({ body: token, headers: { 'content-type': 'text/plain' } })).status).toBe(415);
    expect((await post({ body: new URLSearchParams({ token: 'a'.repeat(70_000) }) })).status).toBe(413);
    const get = await deployment.send('/oidc/introspect');
    expect(get.status).toBe(405);
    expect(get.headers.get('allow')).toBe('POST');
  });

  it('is answered with 503 where storage does not answer (contract §3)', async () => {
    deployment.d1.carry = async () => Promise.reject(new Error('no storage'));
    const answer = await introspect(deployment, token);
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).not.toBeNull();
    expect(answer.body).not.toHaveProperty('active');
  });

  it('is answered with 503 where the keys are missing (contract §0)', async () => {
    deployment.coldStart({ SIGNING_KEYS: '' });
    expect((await introspect(deployment, token)).status).toBe(503);
  });
});

describe('a row that was moved to another organisation by hand', () => {
  /** Moves the only row of a table away, looks, and moves it back. */
  async function whileMoved<T>(table: string, look: () => Promise<T>): Promise<readonly [T, T]> {
    const other = await addOtherOrganisation(deployment);
    const move = async (to: string): Promise<void> => {
      await deployment.db.prepare(`UPDATE ${table} SET organisation_id = ?`).bind(to).run();
    };
    await move(other);
    const moved = await look();
    await move(DEFAULT_ORGANISATION_ID);
    return [moved, await look()];
  }

  it.each(['federated_identity', 'identity_provider'])(
    'ends the tokens that rest on it: %s (contract §3)',
    async (table) => {
      const isActive = async (): Promise<unknown> => (await introspect(deployment, token)).body.active;
      expect(await whileMoved(table, isActive)).toEqual([false, true]);
    },
  );

  it.each(['role', 'role_binding'])('gives no role any more: %s (contract §5.9)', async (table) => {
    const reader = await addWorkload(deployment, 'reader', ['iam:read']);
    await bindRole(deployment, reader.serviceAccount, 'deployer', []);
    const credential = await reader.token();
    const roles = async (): Promise<string[]> =>
      (await call(deployment, credential, 'GET', '/v1/me')).body.roles.map(({ slug }: { slug: string }) => slug);
    expect(await whileMoved(table, roles)).toEqual([[], ['deployer']]);
  });
});
