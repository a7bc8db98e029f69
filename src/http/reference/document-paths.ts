// The paths of documents that anybody reads, written by hand from their specifications; a test compares them with the routes.

import type { JsonObject } from '../../token/json.ts';
import { json, list, oauthError, object, publicDocument, ref, text } from './path-parts.ts';

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
/** The same schema for each of these members. */
function each(names: readonly string[], schema: JsonObject): JsonObject {
  return Object.fromEntries(names.map((name) => [name, schema]));
}

/** Schemas that these paths refer to. */
export const documentSchemas: JsonObject = {
  Discovery: object(
    { ...each(ADDRESSES, { type: 'string', format: 'uri' }), ...each(LISTS, list(text())) },
    ['issuer', 'jwks_uri', 'authorization_endpoint', 'token_endpoint'],
    { description: 'OpenID Connect Discovery 1.0 §3, RFC 8414 §2.', additionalProperties: true },
  ),
  Jwks: object(
    {
      keys: list(
        object(
          { kid: text('Names the key'), alg: text('Its one algorithm'), use: text('`sig`'), kty: text('') },
          ['kid', 'alg', 'use', 'kty'],
          { additionalProperties: true },
        ),
      ),
    },
    ['keys'],
    { description: 'A JWK Set (RFC 7517 §5): public keys only.' },
  ),
};

function verifierDocument(id: string, summary: string, schema: string): JsonObject {
  const words = {
    summary,
    description: 'What verifiers read. It can be kept for five minutes and asked for again with `if-none-match`.',
    what: 'the document',
    answer: 'The document, for anyone and from any origin',
  };
  const unavailable = oauthError('A setting is missing, or storage is unavailable.');
  return publicDocument(id, words, 'discovery', json(ref(schema)), { '503': unavailable });
}

/** Path items by path. */
export const documentPaths: Readonly<Record<string, JsonObject>> = {
  '/.well-known/openid-configuration': verifierDocument('readDiscovery', 'Read the discovery document', 'Discovery'),
  '/.well-known/oauth-authorization-server': verifierDocument(
    'readAuthorizationServer',
    'Read the same document where RFC 8414 looks for it',
    'Discovery',
  ),
  '/.well-known/jwks.json': verifierDocument('readJwks', 'Read the public keys that tokens are verified with', 'Jwks'),
};

/** What describes the API itself. */
export const referencePath: JsonObject = publicDocument(
  'readReference',
  {
    summary: 'Read this document',
    description: 'OpenAPI 3.1. It can be kept and asked for again with `if-none-match`.',
    what: 'this document',
    answer: 'OpenAPI 3.1 of this deployment, for anyone and from any origin',
  },
  'health',
  { 'application/json': { schema: { type: 'object' } } },
);
