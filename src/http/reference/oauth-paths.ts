// The paths outside the IAM API, written by hand from their specifications: tokens, discovery, health; a test compares them with the routes.

import type { JsonObject } from '../../token/json.ts';
import { ISSUER_PLACEHOLDER } from './examples.ts';

const text = (description: string): JsonObject => ({ type: 'string', description });
const json = (schema: JsonObject, example: JsonObject): JsonObject => ({ 'application/json': { schema, example } });
const ref = (name: string): JsonObject => ({ $ref: `#/components/schemas/${name}` });

const REQUEST_ID = '0b9f6c1e-6a3c-4a55-9a0e-3a3f2f6f7d21';
const retryAfter = {
  'retry-after': { description: 'Seconds after which a retry makes sense', schema: { type: 'string' } },
};

/** A response with an OAuth error; `code` and `sentence` are its example. */
function oauthError(
  description: string,
  code: string,
  sentence: string,
  headers: JsonObject | null = null,
): JsonObject {
  return {
    description,
    ...(headers === null ? {} : { headers }),
    content: json(ref('OAuthError'), {
      error: code,
      error_description: sentence,
      message: sentence,
      request_id: REQUEST_ID,
    }),
  };
}

const invalidRequest = oauthError(
  'A parameter is malformed, missing or repeated, or the token is refused: unverifiable, expired, of an unregistered issuer, or accepted by no federated identity. `invalid_grant` for a JWT bearer assertion, `invalid_scope`, `invalid_target` and `unsupported_grant_type` as they say.',
  'invalid_request',
  'no federated identity accepts this token: issuer https://token.actions.githubusercontent.com, subject repo:acme/app:ref:refs/heads/main, audience https://tokens.example.com',
);
const challenge = {
  'www-authenticate': { description: 'How to authenticate (RFC 9110 §11.6.1)', schema: { type: 'string' } },
};
const invalidClient = oauthError(
  'A client assertion or access credential is not accepted.',
  'invalid_client',
  'the access credential is not accepted',
  challenge,
);
const overload = {
  '413': oauthError('The body has more than 64 KiB.', 'invalid_request', 'the body must have at most 65536 bytes'),
  '415': oauthError(
    'The body is neither a form nor JSON, or is encoded.',
    'invalid_request',
    'send the parameters as application/x-www-form-urlencoded or application/json',
  ),
  '429': oauthError(
    'Too many requests from this address.',
    'temporarily_unavailable',
    'too many requests from this address; wait and try again',
    retryAfter,
  ),
  '503': oauthError(
    "The issuer's keys cannot be obtained, storage is unavailable, or (`server_error`) a setting is missing.",
    'temporarily_unavailable',
    "the keys of the token's issuer cannot be obtained at the moment; try again later",
    retryAfter,
  ),
} satisfies JsonObject;

const tokenParameters: JsonObject = {
  grant_type: {
    type: 'string',
    enum: [
      'urn:ietf:params:oauth:grant-type:token-exchange',
      'urn:ietf:params:oauth:grant-type:jwt-bearer',
      'client_credentials',
    ],
  },
  subject_token: text("Token exchange: the workload's OIDC ID token"),
  subject_token_type: {
    type: 'string',
    enum: ['urn:ietf:params:oauth:token-type:id_token', 'urn:ietf:params:oauth:token-type:jwt'],
  },
  assertion: text('JWT bearer: the same token'),
  client_assertion_type: {
    type: 'string',
    enum: ['urn:ietf:params:oauth:client-assertion-type:jwt-bearer'],
  },
  client_assertion: text('Client credentials: the same token'),
  client_id: text('A synonym of `service_account_id`; with `client_secret`, the `accessKey` of an access credential'),
  client_secret: text('The `accessSecret` of an access credential, if it is not sent by HTTP Basic'),
  service_account_id: text(
    'The service account to act as: its id, or its slug with `organisation_id`. If it is absent, the token must match identities of exactly one account',
  ),
  organisation_id: text('Id or slug; when given, it must own the service account'),
  scope: text("Space-delimited subset of the identity's `allowedScopes`; absent means all of them"),
  audience: {
    type: 'array',
    items: { type: 'string' },
    description: "Repeatable; each must be in the identity's `tokenAudiences`; absent means the first of them",
  },
  resource: {
    type: 'array',
    items: { type: 'string' },
    description: 'Like `audience` (RFC 8707)',
  },
  requested_token_type: {
    type: 'string',
    enum: [
      'urn:ietf:params:oauth:token-type:access_token',
      'urn:ietf:params:oauth:token-type:jwt',
      'urn:ietf:params:oauth:token-type:id_token',
    ],
    description: '`…:access_token` if it is absent',
  },
  access_token_lifetime: {
    type: 'string',
    description: "Seconds (`7200`) or a Go duration (`1h30m`), at least 60 s; lowered to the identity's cap",
  },
  project_id: text('The project to act in'),
};

const requestSchemas: JsonObject = {
  TokenRequest: {
    type: 'object',
    description:
      'A request for a token. `application/json` with the same members is accepted too; a list of one may be a string there, and the lifetime a number.',
    properties: tokenParameters,
    required: ['grant_type'],
  },
  TailscaleTokenRequest: {
    type: 'object',
    properties: {
      client_id: text("A federated identity's or a service account's id; anything from `?` on is dropped"),
      jwt: text("The workload's OIDC ID token"),
    },
    required: ['client_id', 'jwt'],
  },
  RevocationRequest: {
    type: 'object',
    properties: { token: text('An access token of this deployment'), token_type_hint: text('Ignored') },
    required: ['token'],
  },
  IntrospectionRequest: {
    type: 'object',
    properties: {
      token: text('An access token of this deployment'),
      token_type_hint: text('Ignored'),
      client_id: text('The `accessKey` of an access credential, if it is not sent by HTTP Basic'),
      client_secret: text('Its `accessSecret`'),
    },
    required: ['token'],
  },
};

const tokenRequest = {
  grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
  subject_token: 'eyJhbGciOiJSUzI1NiIsImtpZCI6ImNjNDEzNTI3In0.eyJpc3MiOiJodHRwczovL3Rva2VuLmFjdGlvbnMifQ.c2lnbmF0dXJl',
  subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
  service_account_id: 'sa_01m7y3kecgf6bvd8pnr2wy8a8b',
  scope: 'api:read api:write',
};

const ADDRESSES = [
  'issuer',
  'jwks_uri',
  'authorization_endpoint',
  'token_endpoint',
  'introspection_endpoint',
  'revocation_endpoint',
];
const LISTS = [
  'grant_types_supported',
  'response_types_supported',
  'response_modes_supported',
  'subject_types_supported',
  'id_token_signing_alg_values_supported',
  'token_endpoint_auth_methods_supported',
  'token_endpoint_auth_signing_alg_values_supported',
  'introspection_endpoint_auth_methods_supported',
  'revocation_endpoint_auth_methods_supported',
  'scopes_supported',
  'claims_supported',
];
const named =
  (schema: JsonObject) =>
  (name: string): [string, JsonObject] => [name, schema];

/** Schemas that these paths refer to. */
export const oauthSchemas: JsonObject = {
  ...requestSchemas,
  TokenResponse: {
    type: 'object',
    properties: {
      access_token: text('The token issued, whatever its type'),
      issued_token_type: text('What it is (RFC 8693 §3)'),
      token_type: { type: 'string', enum: ['Bearer', 'N_A'] },
      expires_in: { type: 'integer', description: 'Seconds' },
      scope: text('What it carries; absent for an ID token'),
    },
    required: ['access_token', 'issued_token_type', 'token_type', 'expires_in'],
  },
  Introspection: {
    type: 'object',
    description: 'The claims of an active token (RFC 7662 §2.2); of any other only that it is not active.',
    properties: { active: { type: 'boolean' } },
    required: ['active'],
    additionalProperties: true,
  },
  Discovery: {
    type: 'object',
    description: 'OpenID Connect Discovery 1.0 §3, RFC 8414 §2.',
    properties: {
      ...Object.fromEntries(ADDRESSES.map(named({ type: 'string', format: 'uri' }))),
      ...Object.fromEntries(LISTS.map(named({ type: 'array', items: { type: 'string' } }))),
    },
    required: ['issuer', 'jwks_uri', 'authorization_endpoint', 'token_endpoint'],
    additionalProperties: true,
  },
  Jwks: {
    type: 'object',
    description: 'A JWK Set (RFC 7517 §5): public keys only.',
    properties: {
      keys: {
        type: 'array',
        items: {
          type: 'object',
          properties: { kid: text('Names the key'), alg: text('Its one algorithm'), use: text('`sig`'), kty: text('') },
          required: ['kid', 'alg', 'use', 'kty'],
          additionalProperties: true,
        },
      },
    },
    required: ['keys'],
  },
  Landing: {
    type: 'object',
    properties: {
      name: { type: 'string' },
      description: { type: 'string' },
      issuer: {
        anyOf: [{ type: 'string' }, { type: 'null' }],
        description: 'The address of this deployment; null if ISSUER_URL is missing',
      },
      ready: { type: 'boolean' },
      faults: {
        type: 'array',
        description: 'If it is not ready: every setting, table and key that is missing or wrong',
        items: {
          type: 'object',
          properties: { setting: { type: 'string' }, detail: { type: 'string' } },
          required: ['setting', 'detail'],
        },
      },
      links: {
        type: 'object',
        properties: {
          discovery: { type: 'string' },
          keys: { type: 'string' },
          api: { type: 'string' },
          readiness: { type: 'string' },
        },
        required: ['discovery', 'keys', 'api', 'readiness'],
      },
    },
    required: ['name', 'description', 'ready', 'links'],
  },
  Readiness: {
    type: 'object',
    properties: {
      status: { type: 'string', enum: ['ready', 'not_ready', 'rate_limited'] },
      faults: {
        type: 'array',
        description: 'Every setting, table and key that is missing or wrong',
        items: {
          type: 'object',
          properties: { setting: { type: 'string' }, detail: { type: 'string' } },
          required: ['setting', 'detail'],
        },
      },
      request_id: { type: 'string' },
    },
    required: ['status'],
  },
};

const issued = {
  description: 'The token. Its audit event is durable.',
  content: json(ref('TokenResponse'), {
    access_token: 'eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJodHRwczovL3Rva2VucyJ9.c2lnbmF0dXJl',
    issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    token_type: 'Bearer',
    expires_in: 3_600,
    scope: 'api:read api:write',
  }),
};

/**
 * A form, and no word of the JSON that is read, too: of two kinds of body several generators make two functions, or one that
 * does not compile.
 */
function formBody(schema: string, example: JsonObject): JsonObject {
  return { required: true, content: { 'application/x-www-form-urlencoded': { schema: ref(schema), example } } };
}

const aToken = { token: 'eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJodHRwczovL3Rva2VucyJ9.c2lnbmF0dXJl' };

const cached = {
  'cache-control': { description: '`public, max-age=300`', schema: { type: 'string' } },
  etag: { description: 'For `if-none-match`', schema: { type: 'string' } },
};

function document(id: string, summary: string, schema: string, example: JsonObject): JsonObject {
  const unavailable = oauthError(
    'A setting is missing, or storage is unavailable.',
    'server_error',
    'this deployment is not fully configured; its operator finds what is missing at /readyz',
  );
  return {
    get: {
      operationId: id,
      summary,
      description: 'What verifiers read. It can be kept for five minutes and asked for again with `if-none-match`.',
      tags: ['discovery'],
      security: [],
      parameters: [{ name: 'If-None-Match', in: 'header', schema: { type: 'string' } }],
      responses: {
        '200': {
          description: 'The document, for anyone and from any origin',
          headers: cached,
          content: json(ref(schema), example),
        },
        '304': { description: 'Unchanged' },
        '503': unavailable,
      },
    },
    options: {
      operationId: `${id}Preflight`,
      summary: 'Answer a browser that asks whether it may read the document',
      description: 'For browsers (CORS); the document may be read from any origin.',
      tags: ['discovery'],
      security: [],
      responses: { '204': { description: 'It may, from anywhere' } },
    },
  };
}

const discoveryExample = {
  issuer: ISSUER_PLACEHOLDER,
  jwks_uri: `${ISSUER_PLACEHOLDER}/.well-known/jwks.json`,
  authorization_endpoint: `${ISSUER_PLACEHOLDER}/oidc/authorize`,
  token_endpoint: `${ISSUER_PLACEHOLDER}/oidc/token`,
  introspection_endpoint: `${ISSUER_PLACEHOLDER}/oidc/introspect`,
  revocation_endpoint: `${ISSUER_PLACEHOLDER}/oidc/revoke`,
  response_types_supported: ['id_token'],
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: ['RS256', 'ES256'],
};

/** Path items by path. */
export const oauthPaths: Readonly<Record<string, JsonObject>> = {
  '/oidc/token': {
    post: {
      operationId: 'exchangeToken',
      summary: "Exchange a workload's ID token for a token of this deployment",
      description:
        'RFC 8693, RFC 7523 and RFC 6749 §4.4. Unknown parameters are ignored; credentials in the query string are refused. Beside a subject token, HTTP Basic with an empty password names the `client_id`; with a password it must be an access credential of the account.',
      tags: ['token'],
      security: [{}, { clientBasic: [] }],
      requestBody: formBody('TokenRequest', tokenRequest),
      responses: { '200': issued, '400': invalidRequest, '401': invalidClient, ...overload },
    },
  },
  '/api/v2/oauth/token-exchange': {
    post: {
      operationId: 'exchangeTokenAsTailscale',
      summary: "Exchange a token in the wire form of Tailscale's clients",
      description:
        'The same checks and the same answer as `/oidc/token`. `Authorization: Basic Og==`, `code` and `grant_type` are ignored here.',
      tags: ['token'],
      security: [],
      requestBody: formBody('TailscaleTokenRequest', {
        client_id: 'fid_01m7y3kgxtf6bvdfeehefwbvha',
        jwt: tokenRequest.subject_token,
      }),
      responses: {
        '200': issued,
        '400': invalidRequest,
        '403': oauthError(
          'The token is good, and accepted by no federated identity.',
          'invalid_request',
          'no federated identity accepts this token',
        ),
        ...overload,
      },
    },
  },
  '/oidc/introspect': {
    post: {
      operationId: 'introspectToken',
      summary: 'Ask what an access token of this deployment says, and whether it counts (RFC 7662)',
      description:
        'For callers with `tokens:introspect` or `iam:read`, as a bearer token or an access credential (HTTP Basic or `client_id` and `client_secret`), and for whoever holds the token itself.',
      tags: ['token'],
      security: [{ bearer: ['tokens:introspect'] }, { bearer: ['iam:read'] }, { bearer: [] }, { clientBasic: [] }, {}],
      requestBody: formBody('IntrospectionRequest', aToken),
      responses: {
        '200': {
          description:
            'What it says; inactive, expired, revoked, foreign and malformed tokens are only `{"active":false}`',
          content: json(ref('Introspection'), {
            active: true,
            token_type: 'Bearer',
            iss: ISSUER_PLACEHOLDER,
            sub: 'sa_01m7y3kecgf6bvd8pnr2wy8a8b',
            scope: 'api:read api:write',
            exp: 1_800_003_600,
          }),
        },
        '400': oauthError(
          'The parameter is missing or malformed.',
          'invalid_request',
          'the parameter token is missing',
        ),
        '401': oauthError('The caller may not ask.', 'invalid_token', 'the credential is not accepted', challenge),
        ...overload,
      },
    },
  },
  '/oidc/revoke': {
    post: {
      operationId: 'revokeToken',
      summary: 'Revoke an access token by its possession (RFC 7009)',
      description:
        'Possession of the token is enough. The answer is 200 whatever the token is, and the effect is immediate in introspection and in this API.',
      tags: ['token'],
      security: [],
      requestBody: formBody('RevocationRequest', aToken),
      responses: {
        '200': { description: 'The token does not count any more, if it ever did' },
        '400': oauthError(
          'The parameter is missing or malformed.',
          'invalid_request',
          'the parameter token is missing',
        ),
        ...overload,
      },
    },
  },
  '/.well-known/openid-configuration': document(
    'readDiscovery',
    'Read the discovery document',
    'Discovery',
    discoveryExample,
  ),
  '/.well-known/oauth-authorization-server': document(
    'readAuthorizationServer',
    'Read the same document where RFC 8414 looks for it',
    'Discovery',
    discoveryExample,
  ),
  '/.well-known/jwks.json': document('readJwks', 'Read the public keys that tokens are verified with', 'Jwks', {
    keys: [{ kid: 'es256-2027', alg: 'ES256', use: 'sig', kty: 'EC', crv: 'P-256', x: '…', y: '…' }],
  }),
  '/healthz': {
    get: {
      operationId: 'readHealth',
      summary: 'Ask whether the Worker runs',
      description: 'Says that the Worker answers, and nothing of its settings or storage.',
      tags: ['health'],
      security: [],
      responses: {
        '200': {
          description: 'It runs; no dependency was asked',
          content: json(
            { type: 'object', properties: { status: { type: 'string' } }, required: ['status'] },
            { status: 'ok' },
          ),
        },
      },
    },
  },
  '/readyz': {
    get: {
      operationId: 'readReadiness',
      summary: 'Ask whether the deployment can do its work',
      description: 'Names every setting, table and key that is missing or wrong at once.',
      tags: ['health'],
      security: [],
      responses: {
        '200': { description: 'It can', content: json(ref('Readiness'), { status: 'ready' }) },
        '429': {
          description: 'Too many requests from this address.',
          headers: retryAfter,
          content: json(ref('Readiness'), { status: 'rate_limited', request_id: REQUEST_ID }),
        },
        '503': {
          description: 'It cannot; every fault is named at once',
          headers: retryAfter,
          content: json(ref('Readiness'), {
            status: 'not_ready',
            faults: [
              {
                setting: 'DB',
                detail:
                  'DB lacks tables or indexes (no such table: signing_key): apply schema.sql (npm run deploy does it first)',
              },
            ],
            request_id: REQUEST_ID,
          }),
        },
      },
    },
  },
  '/openapi.json': {
    get: {
      operationId: 'readReference',
      summary: 'Read this document',
      description: 'OpenAPI 3.1. It can be kept and asked for again with `if-none-match`.',
      tags: ['health'],
      security: [],
      parameters: [{ name: 'If-None-Match', in: 'header', schema: { type: 'string' } }],
      responses: {
        '200': {
          description: 'OpenAPI 3.1 of this deployment, for anyone and from any origin',
          headers: cached,
          content: { 'application/json': { schema: { type: 'object' } } },
        },
        '304': { description: 'Unchanged' },
      },
    },
    options: {
      operationId: 'readReferencePreflight',
      summary: 'Answer a browser that asks whether it may read this document',
      description: 'For browsers (CORS); the document may be read from any origin.',
      tags: ['health'],
      security: [],
      responses: { '204': { description: 'It may, from anywhere' } },
    },
  },
  '/': {
    get: {
      operationId: 'readLanding',
      summary: 'Ask what this is, and whether it is ready',
      description: 'A client that accepts `text/html`, such as a browser, gets a page that says the same.',
      tags: ['health'],
      security: [],
      responses: {
        '200': {
          description: 'What this is; also while it is not ready',
          content: json(ref('Landing'), {
            name: 'Cambist',
            description: 'Exchanges the OIDC ID token of a workload for a short-lived access token (RFC 8693).',
            issuer: ISSUER_PLACEHOLDER,
            ready: true,
            links: {
              discovery: `${ISSUER_PLACEHOLDER}/.well-known/openid-configuration`,
              keys: `${ISSUER_PLACEHOLDER}/.well-known/jwks.json`,
              api: `${ISSUER_PLACEHOLDER}/openapi.json`,
              readiness: `${ISSUER_PLACEHOLDER}/readyz`,
            },
          }),
        },
        '429': overload['429'],
      },
    },
  },
};
