// Parties that are not ours: openid-client and oauth4webapi discover the deployment, exchange, and validate the result as RFC 9068.

import * as oauth from 'oauth4webapi';
import * as client from 'openid-client';
import { beforeEach, describe, expect, it } from 'vitest';
import { deploy, ID_TOKEN, ISSUER_URL, join, TOKEN_EXCHANGE } from '../support/deployment.ts';
import type { Deployment, Joined } from '../support/deployment.ts';
import { githubActions } from '../support/claims.ts';
import { createIssuer } from '../support/issuer.ts';

const AUDIENCE = 'https://api.example.com';

let deployment: Deployment;
let joined: Joined;
let parameters: Record<string, string>;

beforeEach(async () => {
  deployment = await deploy();
  // These libraries read the real clock.
  deployment.clock.now = Math.floor(Date.now() / 1000);
  const issuer = await createIssuer({ issuer: 'https://token.actions.githubusercontent.com' });
  joined = await join(deployment, issuer, {
    providerSubject: 'repo:acme/app:ref:refs/heads/main',
    tokenAudiences: [AUDIENCE],
  });
  parameters = {
    subject_token: await issuer.sign(githubActions({ repository: 'acme/app', now: deployment.clock.now })),
    subject_token_type: ID_TOKEN,
    scope: 'api:read',
  };
});

/** The network as the libraries see it: this deployment and nothing else. */
const network = async (
  url: string,
  { body, ...init }: { body?: unknown; method?: string; headers?: HeadersInit },
): Promise<Response> => {
  const target = new URL(url);
  if (target.origin !== ISSUER_URL) throw new TypeError(`no such host: ${target.host}`);
  return deployment.fetch(
    target.pathname + target.search,
    body === undefined ? init : { ...init, body: body as BodyInit },
  );
};

describe('oauth4webapi', () => {
  const options = { [oauth.customFetch]: network };
  let server: oauth.AuthorizationServer;

  beforeEach(async () => {
    const issuer = new URL(ISSUER_URL);
    server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, options));
  });

  it('discovers by OpenID Connect and by RFC 8414 alike (RFC 8414 §3)', async () => {
    const issuer = new URL(ISSUER_URL);
    const other = await oauth.processDiscoveryResponse(
      issuer,
      await oauth.discoveryRequest(issuer, { ...options, algorithm: 'oauth2' }),
    );
    expect(other).toEqual(server);
  });

  it('exchanges, and accepts the access token as a resource server (RFC 8693 §2, RFC 9068 §4)', async () => {
    const response = await oauth.genericTokenEndpointRequest(
      server,
      { client_id: joined.serviceAccount },
      oauth.None(),
      TOKEN_EXCHANGE,
      parameters,
      options,
    );
    const answer = await oauth.processGenericTokenEndpointResponse(
      server,
      { client_id: joined.serviceAccount },
      response,
    );
    expect(answer).toMatchObject({ token_type: 'bearer', expires_in: 3600, scope: 'api:read' });
    const request = new Request(`${AUDIENCE}/things`, { headers: { authorization: `Bearer ${answer.access_token}` } });
    const claims = await oauth.validateJwtAccessToken(server, request, AUDIENCE, options);
    expect(claims).toMatchObject({
      iss: ISSUER_URL,
      sub: joined.serviceAccount,
      client_id: joined.serviceAccount,
      scope: 'api:read',
    });
    await expect(oauth.validateJwtAccessToken(server, request, 'https://other.example.com', options)).rejects.toThrow(
      'aud',
    );
  });

  it('reads a refusal as an OAuth error (RFC 6749 §5.2)', async () => {
    const response = await oauth.genericTokenEndpointRequest(
      server,
      { client_id: joined.serviceAccount },
      oauth.None(),
      TOKEN_EXCHANGE,
      { ...parameters, scope: 'admin' },
      options,
    );
    const refused = oauth.processGenericTokenEndpointResponse(server, { client_id: joined.serviceAccount }, response);
    await expect(refused).rejects.toMatchObject({ error: 'invalid_scope', status: 400 });
  });
});

describe('openid-client', () => {
  it('discovers the deployment and exchanges (RFC 8693 §2)', async () => {
    const config = await client.discovery(new URL(ISSUER_URL), joined.serviceAccount, {}, client.None(), {
      [client.customFetch]: network,
    });
    expect(config.serverMetadata().issuer).toBe(ISSUER_URL);
    const tokens = await client.genericGrantRequest(config, TOKEN_EXCHANGE, parameters);
    expect(tokens).toMatchObject({ token_type: 'bearer', scope: 'api:read' });
    expect(tokens.expiresIn()).toBeGreaterThan(3500);
  });
});
