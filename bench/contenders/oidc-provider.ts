// oidc-provider 9 on Node with a token-exchange grant that does the same work: verify the ID token, issue a JWT access token.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { createRemoteJWKSet, jwtVerify } from 'jose';
import type { JWK } from 'jose';
import { Provider } from 'oidc-provider';

const { issuer, audience, signingKey } = JSON.parse(process.env['BENCH'] ?? '') as {
  issuer: string;
  audience: string;
  signingKey: JWK & { alg: string; kid: string };
};
/** As whoever trusts an issuer does it: fetched once, then kept. */
const verify = createRemoteJWKSet(new URL(`${issuer}/keys`));
/** The audit log of the benchmark; bounded, so that memory stays flat. */
const events: object[] = [];
let granted = 0;
const resource = {
  scope: 'api:read api:write',
  audience: 'https://api.acme.example',
  accessTokenTTL: 3600,
  accessTokenFormat: 'jwt',
  jwt: { sign: { alg: signingKey.alg } },
};

const provider = new Provider(audience, {
  clients: [
    {
      client_id: 'deployer',
      token_endpoint_auth_method: 'none',
      redirect_uris: [],
      response_types: [],
      grant_types: ['urn:ietf:params:oauth:grant-type:token-exchange'],
    },
  ],
  jwks: { keys: [signingKey, ...(signingKey.alg === 'RS256' ? [] : [JSON.parse(process.env['BENCH_RSA'] ?? '{}')])] },
  features: {
    devInteractions: { enabled: false },
    resourceIndicators: { enabled: true, getResourceServerInfo: () => resource },
  },
  scopes: ['api:read', 'api:write'],
});
provider.registerGrantType(
  'urn:ietf:params:oauth:grant-type:token-exchange',
  async (ctx) => {
    const { payload } = await jwtVerify(ctx.oidc.params['subject_token'] ?? '', verify, {
      issuer,
      audience,
      algorithms: ['RS256'],
    });
    const token = new ctx.oidc.provider.ClientCredentials({ client: ctx.oidc.client, scope: 'api:read api:write' });
    token.resourceServer = new ctx.oidc.provider.ResourceServer('https://api.acme.example', resource);
    token.extra = { act: { sub: payload.sub } };
    events[granted++ % 1000] = { time: Date.now(), issuer, subject: payload.sub, claims: payload };
    ctx.body = {
      access_token: await token.save(),
      token_type: 'Bearer',
      expires_in: token.expiration,
      scope: token.scope,
    };
  },
  ['subject_token', 'subject_token_type', 'service_account_id'],
  [],
);
const callback = provider.callback();
const server = createServer((request, response) => void callback(request, response));
server.listen(0, '127.0.0.1', () => console.log(`listening ${(server.address() as AddressInfo).port}`));
