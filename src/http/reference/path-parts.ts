// The parts that the paths outside the IAM API are written with: schemas, errors, and operations that need no credential.

import type { JsonObject } from '../../token/json.ts';

const string: JsonObject = { type: 'string' };

export const retryAfter: JsonObject = header('retry-after', 'Seconds after which a retry makes sense');
export const challenge: JsonObject = header('www-authenticate', 'How to authenticate (RFC 9110 §11.6.1)');
const cached: JsonObject = {
  ...header('cache-control', '`public, max-age=300`'),
  ...header('etag', 'For `if-none-match`'),
};

function header(name: string, description: string): JsonObject {
  return { [name]: { description, schema: string } };
}

/** A string; without a description if its name says enough. */
export function text(description?: string): JsonObject {
  return description === undefined ? string : { ...string, description };
}

/** One of these strings. */
export function oneOf(values: readonly string[], description?: string): JsonObject {
  return { ...string, enum: [...values], ...(description === undefined ? {} : { description }) };
}

/** An object; `rest` has its description or further keywords. */
export function object(properties: JsonObject, required: readonly string[], rest: JsonObject = {}): JsonObject {
  const { additionalProperties, ...before } = rest;
  return {
    type: 'object',
    ...before,
    properties,
    required: [...required],
    ...(additionalProperties === undefined ? {} : { additionalProperties }),
  };
}

/** A list. */
export function list(items: JsonObject, description?: string): JsonObject {
  return { type: 'array', ...(description === undefined ? {} : { description }), items };
}

/** A reference to a schema by its name. */
export function ref(name: string): JsonObject {
  return { $ref: `#/components/schemas/${name}` };
}

/** JSON content. */
export function json(schema: JsonObject): JsonObject {
  return { 'application/json': { schema } };
}

/** A response with an OAuth error. */
export function oauthError(description: string, headers: JsonObject | null = null): JsonObject {
  return { description, ...(headers === null ? {} : { headers }), content: json(ref('OAuthError')) };
}

export const tooManyRequests: JsonObject = oauthError('Too many requests from this address.', retryAfter);

/** A read that needs no credential. */
export function openRead(
  operationId: string,
  summary: string,
  description: string,
  tag: 'discovery' | 'health',
  responses: JsonObject,
  parameters?: JsonObject[],
): JsonObject {
  return {
    operationId,
    summary,
    description,
    tags: [tag],
    security: [],
    ...(parameters === undefined ? {} : { parameters }),
    responses,
  };
}

/** A document that anybody may keep and ask for again, from any origin. */
export function publicDocument(
  operationId: string,
  words: { readonly summary: string; readonly description: string; readonly what: string; readonly answer: string },
  tag: 'discovery' | 'health',
  content: JsonObject,
  failures: JsonObject = {},
): JsonObject {
  const responses = {
    '200': { description: words.answer, headers: cached, content },
    '304': { description: 'Unchanged' },
    ...failures,
  };
  const ifNoneMatch = { name: 'If-None-Match', in: 'header', schema: string };
  return {
    get: openRead(operationId, words.summary, words.description, tag, responses, [ifNoneMatch]),
    options: openRead(
      `${operationId}Preflight`,
      `Answer a browser that asks whether it may read ${words.what}`,
      'For browsers (CORS); the document may be read from any origin.',
      tag,
      { '204': { description: 'It may, from anywhere' } },
    ),
  };
}
