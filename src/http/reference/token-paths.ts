// The paths of tokens, written by hand from their specifications: exchange, introspect, revoke; a test compares them with the routes.

import type { JsonObject } from '../../token/json.ts';
import { CLIENT_CREDENTIALS_GRANT, JWT_BEARER_GRANT, TOKEN_EXCHANGE_GRANT } from '../token-request.ts';
import { challenge, json, oauthError, object, oneOf, ref, retryAfter, text, tooManyRequests } from './path-parts.ts';

const invalidRequest = oauthError(
  'A parameter is malformed, missing or repeated, or the token is refused: unverifiable, expired, of an unregistered issuer, or accepted by no federated identity. `invalid_grant` for a JWT bearer assertion, `invalid_scope`, `invalid_target` and `unsupported_grant_type` as they say.',
);
const invalidClient = oauthError('A client assertion or access credential is not accepted.', challenge);
const overload = {
  '413': oauthError('The body has more than 64 KiB.'),
  '415': oauthError('The body is neither a form nor JSON, or is encoded.'),
  '429': tooManyRequests,
  '503': oauthError(
    "The issuer's keys cannot be obtained, storage is unavailable, or (`server_error`) a setting is missing.",
    retryAfter,
  ),
} satisfies JsonObject;

const tokenType = (name: string): string => `urn:ietf:params:oauth:token-type:${name}`;

const tokenParameters: JsonObject = {
  grant_type: oneOf([TOKEN_EXCHANGE_GRANT, JWT_BEARER_GRANT, CLIENT_CREDENTIALS_GRANT]),
  subject_token: text("Token exchange: the workload's OIDC ID token"),
  subject_token_type: oneOf([tokenType('id_token'), tokenType('jwt')]),
  assertion: text('JWT bearer: the same token'),
  client_assertion_type: oneOf(['urn:ietf:params:oauth:client-assertion-type:jwt-bearer']),
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
    description: 'Like `audience`, by address: an absolute URI without a fragment (RFC 8707), compared byte for byte',
  },
  requested_token_type: oneOf(['access_token', 'jwt', 'id_token'].map(tokenType), '`…:access_token` if it is absent'),
  access_token_lifetime: text(
    "Seconds (`7200`) or a Go duration (`1h30m`), at least 60 s; lowered to the identity's cap",
  ),
  project_id: text('The project to act in'),
};

const anAccessToken = { token: text('An access token of this deployment'), token_type_hint: text('Ignored') };

/** Schemas that these paths refer to. */
export const tokenSchemas: JsonObject = {
  TokenRequest: object(tokenParameters, ['grant_type'], {
    description:
      'A request for a token. `application/json` with the same members is accepted too; a list of one may be a string there, and the lifetime a number.',
  }),
  TailscaleTokenRequest: object(
    {
      client_id: text("A federated identity's or a service account's id; anything from `?` on is dropped"),
      jwt: text("The workload's OIDC ID token"),
    },
    ['client_id', 'jwt'],
  ),
  RevocationRequest: object(anAccessToken, ['token']),
  IntrospectionRequest: object(
    {
      ...anAccessToken,
      client_id: text('The `accessKey` of an access credential, if it is not sent by HTTP Basic'),
      client_secret: text('Its `accessSecret`'),
    },
    ['token'],
  ),
  TokenResponse: object(
    {
      access_token: text('The token issued, whatever its type'),
      issued_token_type: text('What it is (RFC 8693 §3)'),
      token_type: oneOf(['Bearer', 'N_A']),
      expires_in: { type: 'integer', description: 'Seconds' },
      scope: text('What it carries; absent for an ID token'),
    },
    ['access_token', 'issued_token_type', 'token_type', 'expires_in'],
  ),
  Introspection: object({ active: { type: 'boolean' } }, ['active'], {
    description: 'The claims of an active token (RFC 7662 §2.2); of any other only that it is not active.',
    additionalProperties: true,
  }),
};

const issued = { description: 'The token. Its audit event is durable.', content: json(ref('TokenResponse')) };
const noToken = oauthError('The parameter is missing or malformed.');

/**
 * A form, and no word of the JSON that is read, too: of two kinds of body several generators make two functions, or one that
 * does not compile.
 */
function formBody(schema: string): JsonObject {
  return { required: true, content: { 'application/x-www-form-urlencoded': { schema: ref(schema) } } };
}

/** Path items by path. */
export const tokenPaths: Readonly<Record<string, JsonObject>> = {
  '/oidc/token': {
    post: {
      operationId: 'exchangeToken',
      summary: "Exchange a workload's ID token for a token of this deployment",
      description:
        'RFC 8693, RFC 7523 and RFC 6749 §4.4. Unknown parameters are ignored; credentials in the query string are refused. Beside a subject token, HTTP Basic with an empty password names the `client_id`; with a password it must be an access credential of the account.',
      tags: ['token'],
      security: [{}, { clientBasic: [] }],
      requestBody: formBody('TokenRequest'),
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
      requestBody: formBody('TailscaleTokenRequest'),
      responses: {
        '200': issued,
        '400': invalidRequest,
        '403': oauthError('The token is good, and accepted by no federated identity.'),
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
      requestBody: formBody('IntrospectionRequest'),
      responses: {
        '200': {
          description:
            'What it says; inactive, expired, revoked, foreign and malformed tokens are only `{"active":false}`',
          content: json(ref('Introspection')),
        },
        '400': noToken,
        '401': oauthError('The caller may not ask.', challenge),
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
      requestBody: formBody('RevocationRequest'),
      responses: {
        '200': { description: 'The token does not count any more, if it ever did' },
        '400': noToken,
        ...overload,
      },
    },
  },
};
