// Examples of the committed reference for the paths outside the IAM API: tokens, documents, readiness.

import { ISSUER_PLACEHOLDER } from '../src/http/reference/placeholders.ts';
import { TOKEN_EXCHANGE_GRANT } from '../src/http/token-request.ts';
import type { JsonObject, JsonValue } from '../src/token/json.ts';

/** The id of the request that every example of an error is the answer to. */
export const REQUEST_ID = '0b9f6c1e-6a3c-4a55-9a0e-3a3f2f6f7d21';

const ACCOUNT = 'sa_01m7y3kecgf6bvd8pnr2wy8a8b';
const SCOPE = 'api:read api:write';
const ID_TOKEN = 'eyJhbGciOiJSUzI1NiIsImtpZCI6ImNjNDEzNTI3In0.eyJpc3MiOiJodHRwczovL3Rva2VuLmFjdGlvbnMifQ.c2lnbmF0dXJl';
const TOKEN = 'eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJodHRwczovL3Rva2VucyJ9.c2lnbmF0dXJl';

const oauthError = (error: string, message: string): JsonObject => ({
  error,
  error_description: message,
  message,
  request_id: REQUEST_ID,
});
const refused = oauthError(
  'invalid_request',
  'no federated identity accepts this token: issuer https://token.actions.githubusercontent.com, subject repo:acme/app:ref:refs/heads/main, audience https://tokens.example.com',
);
const rateLimited = oauthError('temporarily_unavailable', 'too many requests from this address; wait and try again');
const noToken = oauthError('invalid_request', 'the parameter token is missing');
const issued = {
  access_token: TOKEN,
  issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
  token_type: 'Bearer',
  expires_in: 3_600,
  scope: SCOPE,
};
const overload = {
  413: oauthError('invalid_request', 'the body must have at most 65536 bytes'),
  415: oauthError('invalid_request', 'send the parameters as application/x-www-form-urlencoded or application/json'),
  429: rateLimited,
  503: oauthError(
    'temporarily_unavailable',
    "the keys of the token's issuer cannot be obtained at the moment; try again later",
  ),
};
const document = {
  200: {
    issuer: ISSUER_PLACEHOLDER,
    jwks_uri: `${ISSUER_PLACEHOLDER}/.well-known/jwks.json`,
    authorization_endpoint: `${ISSUER_PLACEHOLDER}/oidc/authorize`,
    token_endpoint: `${ISSUER_PLACEHOLDER}/oidc/token`,
    introspection_endpoint: `${ISSUER_PLACEHOLDER}/oidc/introspect`,
    revocation_endpoint: `${ISSUER_PLACEHOLDER}/oidc/revoke`,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256', 'ES256'],
  },
  503: oauthError(
    'server_error',
    'this deployment is not fully configured; its operator finds what is missing at /readyz',
  ),
};

/** By method and path: what is sent, and what is answered with each status. */
export const TOKEN_EXAMPLES: Readonly<Record<string, Readonly<Record<string, JsonValue>>>> = {
  'post /oidc/token': {
    body: {
      grant_type: TOKEN_EXCHANGE_GRANT,
      subject_token: ID_TOKEN,
      subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
      service_account_id: ACCOUNT,
      scope: SCOPE,
    },
    200: issued,
    400: refused,
    401: oauthError('invalid_client', 'the access credential is not accepted'),
    ...overload,
  },
  'post /api/v2/oauth/token-exchange': {
    body: { client_id: 'fid_01m7y3kgxtf6bvdfeehefwbvha', jwt: ID_TOKEN },
    200: issued,
    400: refused,
    403: oauthError('invalid_request', 'no federated identity accepts this token'),
    ...overload,
  },
  'post /oidc/introspect': {
    body: { token: TOKEN },
    200: {
      active: true,
      token_type: 'Bearer',
      iss: ISSUER_PLACEHOLDER,
      sub: ACCOUNT,
      scope: SCOPE,
      exp: 1_800_003_600,
    },
    400: noToken,
    401: oauthError('invalid_token', 'the credential is not accepted'),
    ...overload,
  },
  'post /oidc/revoke': { body: { token: TOKEN }, 400: noToken, ...overload },
  'get /.well-known/openid-configuration': document,
  'get /.well-known/oauth-authorization-server': document,
  'get /.well-known/jwks.json': {
    ...document,
    200: { keys: [{ kid: 'es256-2027', alg: 'ES256', use: 'sig', kty: 'EC', crv: 'P-256', x: '…', y: '…' }] },
  },
  'get /healthz': { 200: { status: 'ok' } },
  'get /readyz': {
    200: { status: 'ready' },
    429: { status: 'rate_limited', request_id: REQUEST_ID },
    503: {
      status: 'not_ready',
      faults: [
        {
          setting: 'DB',
          detail:
            'DB lacks tables or indexes (no such table: signing_key): apply schema.sql (npx wrangler d1 execute DB --remote --file schema.sql)',
        },
      ],
      request_id: REQUEST_ID,
    },
  },
  'get /metrics': { 200: '# TYPE cambist_grants counter\n# EOF\n' },
  'get /': {
    200: {
      name: 'Cambist',
      description: 'Exchanges the OIDC ID token of a workload for a short-lived access token (RFC 8693).',
      issuer: ISSUER_PLACEHOLDER,
      ready: true,
      links: {
        discovery: `${ISSUER_PLACEHOLDER}/.well-known/openid-configuration`,
        keys: `${ISSUER_PLACEHOLDER}/.well-known/jwks.json`,
        api: `${ISSUER_PLACEHOLDER}/openapi.json`,
        readiness: `${ISSUER_PLACEHOLDER}/readyz`,
        console: `${ISSUER_PLACEHOLDER}/console`,
      },
    },
    429: rateLimited,
  },
};
