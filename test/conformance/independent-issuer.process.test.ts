// A party that is not ours issues: panva's certified oidc-provider signs an ID token over loopback, and the running service exchanges it.

import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { createRemoteJWKSet, decodeJwt, exportJWK, generateKeyPair, jwtVerify } from 'jose';
import { Provider } from 'oidc-provider';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startService } from '../support/service.ts';
import type { Service } from '../support/service.ts';

const ACCOUNT = 'workload-42';
const SECRET = 'a-client-secret-of-the-test-alone';

let service: Service;
let server: Server;
let issuer: string;

beforeAll(async () => {
  service = await startService();
  server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  const provider = new Provider(issuer, {
    // The audience of an ID token is the client that asked for it, so the client here is the service itself.
    clients: [{ client_id: service.url, client_secret: SECRET, redirect_uris: [`${issuer}/done`] }],
    jwks: { keys: [{ ...(await exportJWK(privateKey)), alg: 'RS256', use: 'sig' }] },
    cookies: { keys: ['a-cookie-key-of-the-test'] },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_ctx, { uid }) => `/login/${uid}` },
    ttl: { AccessToken: 60, AuthorizationCode: 60, Grant: 60, IdToken: 60, Interaction: 60, Session: 60 },
    pkce: { required: () => false },
    findAccount: (_ctx, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
    loadExistingGrant: async (ctx) => {
      const { client, session } = ctx.oidc;
      if (client === undefined || session?.accountId === undefined) return undefined;
      const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
      grant.addOIDCScope('openid');
      await grant.save();
      return grant;
    },
  });
  const callback = provider.callback();
  server.on('request', (request, response) => {
    if (request.url?.startsWith('/login/') === true) {
      void provider.interactionFinished(request, response, { login: { accountId: ACCOUNT } });
    } else void callback(request, response);
  });
});

afterAll(async () => {
  await service.stop();
  await new Promise((resolve) => server.close(resolve));
});

/** Walks the authorization code flow as a browser would and answers the ID token. */
async function idTokenOfOidcProvider(): Promise<string> {
  const cookies = new Map<string, string>();
  let location = `${issuer}/auth?${new URLSearchParams({
    client_id: service.url,
    response_type: 'code',
    scope: 'openid',
    redirect_uri: `${issuer}/done`,
  })}`;
  for (let step = 0; step < 6 && !location.startsWith(`${issuer}/done`); step += 1) {
    const response = await fetch(location, {
      redirect: 'manual',
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [name = '', value = ''] = (cookie.split(';', 1)[0] ?? '').split(/=(.*)/s);
      cookies.set(name, value);
    }
    location = new URL(response.headers.get('location') ?? '', issuer).href;
  }
  const response = await fetch(`${issuer}/token`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${btoa(`${encodeURIComponent(service.url)}:${encodeURIComponent(SECRET)}`)}`,
    },
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code: new URL(location).searchParams.get('code') ?? '',
      redirect_uri: `${issuer}/done`,
    }),
  });
  const { id_token: idToken } = (await response.json()) as { id_token?: string };
  if (idToken === undefined) throw new Error('oidc-provider issued no ID token');
  return idToken;
}

describe('an ID token of oidc-provider', () => {
  it('is exchanged by the running service over loopback, and its neighbour is refused (contract §3, §6)', async () => {
    const provider = await service.create('/v1/federated-identity-providers', {
      name: 'oidc-provider',
      providerIssuer: issuer,
      status: 'active',
    });
    const account = await service.create('/v1/service-accounts', { name: 'workload' });
    const identity = { serviceAccountIdentity: account, providerIdentity: provider, allowedScopes: ['api:read'] };
    const other = await service.create('/v1/federated-identities', {
      name: 'other',
      providerSubject: 'workload-43',
      ...identity,
    });

    const subjectToken = await idTokenOfOidcProvider();
    expect(decodeJwt(subjectToken)).toMatchObject({ iss: issuer, sub: ACCOUNT, aud: service.url });
    const refused = await service.exchange(subjectToken, { service_account_id: account });
    expect(refused.status).toBe(400);
    expect(refused.body['error_description']).toContain('no federated identity accepts this token');

    await service.create('/v1/federated-identities', { name: 'own', providerSubject: ACCOUNT, ...identity });
    const granted = await service.exchange(subjectToken, { service_account_id: account });
    expect(granted).toMatchObject({ status: 200, body: { token_type: 'Bearer', scope: 'api:read' } });
    const keys = createRemoteJWKSet(new URL(`${service.url}/.well-known/jwks.json`));
    const { payload } = await jwtVerify(String(granted.body['access_token']), keys, {
      issuer: service.url,
      typ: 'at+jwt',
    });
    expect(payload).toMatchObject({ sub: account, act: { iss: issuer, sub: ACCOUNT } });
    expect(payload['federated_identity']).not.toBe(other);
  });
});
