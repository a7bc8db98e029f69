// The parts of the reference that many operations share: errors, parameters, credentials.

import type { JsonObject } from '../../token/json.ts';

const text = { type: 'string' } as const;

export const schemas: JsonObject = {
  Problem: {
    type: 'object',
    description: 'A problem (RFC 9457).',
    properties: {
      type: { ...text, description: 'A stable name, such as `urn:cambist:problem:not-found`' },
      title: text,
      status: { type: 'integer' },
      detail: { ...text, description: 'One plain sentence' },
      message: { ...text, description: 'The same as `detail`, for clients that read only this' },
      instance: { ...text, description: 'The path of the request' },
      request_id: { ...text, description: 'Names the request in logs and audit events' },
      errors: {
        type: 'array',
        description: 'One entry for each fault',
        items: { $ref: '#/components/schemas/Fault' },
      },
      conflictsWith: { $ref: '#/components/schemas/ObjectName' },
    },
    required: ['type', 'title', 'status', 'detail', 'message', 'instance', 'request_id'],
  },
  Fault: {
    type: 'object',
    description: 'One fault of a request: of a member of its body, or of a parameter of its query.',
    properties: {
      pointer: { ...text, description: 'Points at the member of the body (RFC 6901)' },
      parameter: { ...text, description: 'The name of the query parameter' },
      detail: text,
    },
    required: ['detail'],
  },
  ObjectName: {
    type: 'object',
    description: 'The object that has the value which was to be unique.',
    properties: { identity: text, name: text },
    required: ['identity', 'name'],
  },
  OAuthError: {
    type: 'object',
    description: 'An error of RFC 6749 §5.2.',
    properties: {
      error: {
        ...text,
        enum: [
          'invalid_request',
          'invalid_client',
          'invalid_grant',
          'invalid_scope',
          'invalid_target',
          'invalid_token',
          'insufficient_scope',
          'unsupported_grant_type',
          'temporarily_unavailable',
          'server_error',
        ],
      },
      error_description: { ...text, description: 'One plain sentence' },
      message: { ...text, description: 'The same, for clients that read only this' },
      request_id: { ...text, description: 'Names the request in logs and audit events' },
    },
    required: ['error', 'error_description', 'message', 'request_id'],
  },
};

export const parameters: JsonObject = {
  OrganisationHeader: {
    name: 'X-Organisation-Identity',
    in: 'header',
    description:
      'Id or slug of the organisation. Without it the root token works in `default`. Every other caller has its own, and may name no other.',
    schema: text,
  },
  IfMatchHeader: {
    name: 'If-Match',
    in: 'header',
    description: 'The `objectVersion` in quotes, as `etag` has it: the change is made only to that version.',
    schema: text,
    example: '"3"',
  },
  IfNoneMatchHeader: {
    name: 'If-None-Match',
    in: 'header',
    description:
      'A read is answered with 304 if the object is still at one of these versions; a change is refused with 412. `*` is any version.',
    schema: text,
    example: '"3"',
  },
  ValidateQuery: {
    name: 'validate',
    in: 'query',
    description:
      '`true` answers as the write would, and writes nothing. What only the write makes is empty: a secret, the `kid` of a key; an `identity` that is new belongs to nothing. Another write may come between.',
    schema: { type: 'boolean', default: false },
  },
  MatchLabelsQuery: {
    name: 'matchLabels',
    in: 'query',
    description: 'Only objects with these labels: `matchLabels[key]=value`, repeatable.',
    style: 'deepObject',
    explode: true,
    schema: { type: 'object', additionalProperties: text },
    example: { team: 'payments' },
  },
};

export const securitySchemes: JsonObject = {
  bearer: {
    type: 'http',
    scheme: 'bearer',
    description:
      'The root token, or an access token of this deployment whose `aud` includes its own address. The scopes that an operation lists are `iam:read`, `iam:write` (includes reading) and `iam:admin` (includes both); a writer grants only what it holds.',
  },
  clientBasic: {
    type: 'http',
    scheme: 'basic',
    description: 'An access credential: `accessKey` as user, `accessSecret` as password.',
  },
};

/** Error responses of the IAM API, by status. */
export const PROBLEMS: Readonly<Record<number, { readonly name: string; readonly what: string }>> = {
  400: {
    name: 'Invalid',
    what: 'A parameter or member is wrong; each fault is named',
  },
  401: {
    name: 'Unauthenticated',
    what: 'No credential, or one that is not accepted',
  },
  403: {
    name: 'Forbidden',
    what: 'The credential lacks a scope, or would give away more than it holds',
  },
  404: {
    name: 'NotFound',
    what: 'There is no such object in this organisation',
  },
  409: {
    name: 'Conflict',
    what: 'A name that is taken, an object in use, a limit that is reached, or a change that somebody else made meanwhile',
  },
  412: {
    name: 'VersionMismatch',
    what: 'The object is at another version than `If-Match` says',
  },
  413: {
    name: 'TooLarge',
    what: 'The body has more than 64 KiB',
  },
  415: {
    name: 'UnsupportedMediaType',
    what: 'The body is not JSON, or is encoded',
  },
  429: {
    name: 'TooManyWrites',
    what: 'The organisation sends too many requests that write or explain; `retry-after` says when to try again',
  },
  502: {
    name: 'IssuerFailing',
    what: 'The issuer could not be reached, or answered nothing usable; the keys in use stay',
  },
  503: {
    name: 'Unavailable',
    what: 'Storage could not be reached, or a setting is missing; with `retry-after` if trying again helps',
  },
};

/** The headers that a problem of this status has beside those of every response. */
function headersOf(status: number): JsonObject {
  const header = (description: string): JsonObject => ({ description, schema: text });
  if (status === 401 || status === 403)
    return { 'www-authenticate': header('The scheme, and the scope that is missing (RFC 6750 §3)') };
  if (status === 409 || status === 429 || status === 503)
    return { 'retry-after': { description: 'Seconds; set if trying again helps', schema: { type: 'integer' } } };
  return status === 412 ? { etag: header('The `objectVersion` that the object has, in quotes') } : {};
}

/** The header that every response has. */
export const headers: JsonObject = {
  RequestId: {
    description: 'Names the request in logs and audit events',
    required: true,
    schema: text,
  },
};

/** The responses of PROBLEMS, by name. */
export const problemResponses: JsonObject = Object.fromEntries(
  Object.entries(PROBLEMS).map(([status, { name, what }]) => [
    name,
    {
      description: what,
      headers: headersOf(Number(status)),
      content: {
        'application/problem+json': {
          schema: { $ref: '#/components/schemas/Problem' },
        },
      },
    },
  ]),
);
