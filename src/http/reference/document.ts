// The reference as OpenAPI 3.1 (contract §5.9): the IAM API from its routes, the rest by hand; loaded only when it is asked for.

import { isJsonObject } from '../../token/json.ts';
import type { JsonObject, JsonValue } from '../../token/json.ts';
import { iamRouteList } from '../iam/app.ts';
import { ISSUER_PLACEHOLDER } from './placeholders.ts';
import { iamPaths } from './iam-paths.ts';
import { documentPaths, documentSchemas } from './document-paths.ts';
import { healthPaths, healthSchemas } from './health-paths.ts';
import { tailscalePaths, tailscaleSchemas } from './tailscale-paths.ts';
import { tokenPaths, tokenSchemas } from './token-paths.ts';
import { headers, parameters, problemResponses, schemas, securitySchemes } from './shared-parts.ts';

const TAGS: readonly (readonly [string, string])[] = [
  ['token', 'Exchange, introspect and revoke tokens.'],
  ['discovery', 'What verifiers of tokens read.'],
  ['identity provider', 'Issuers that an organisation trusts.'],
  ['service account', 'Who a workload may act as.'],
  ['federated identity', "Rules that join a provider's subject to a service account."],
  ['access credential', 'For systems that cannot get an ID token.'],
  ['role', 'What an account is, to the APIs that receive its tokens.'],
  ['rule', 'What a role permits.'],
  ['role binding', 'Who holds a role, and where.'],
  ['organisation', 'Tenants of this deployment.'],
  ['me', 'Who the credential is and what it may do.'],
  ['audit event', 'Who got or changed what, when, from where.'],
  ['trust report', 'Which trust can be taken away, and the narrowest rules that do.'],
  ['archived object', 'Audit events that have left D1, in a chain by which a missing or changed one is found.'],
  ['signing key', 'The life of the keys that tokens are signed with.'],
  ['team', 'There are none: for clients that read the list.'],
  ['membership', 'There are none: for clients that read the list.'],
  ['invite', 'There are none: for clients that read the list.'],
  ['health', 'Whether the deployment works, and this document.'],
];

/** The document of a deployment; without an address, that of a fictitious one. It has no examples: those are in the committed copy. */
export function openApiDocument(issuerUrl: string | null): JsonObject {
  const iam = iamPaths(iamRouteList);
  return {
    openapi: '3.1.0',
    info: {
      title: 'Cambist',
      summary: 'Exchanges the OIDC ID tokens of workloads for short-lived, verifiable access tokens.',
      description:
        'Every response carries `x-request-id`; outside `/.well-known/*` and `/openapi.json` none may be cached. Lists are bare arrays of at most 1,000 entries, continued by `link: rel="next"`. Identifiers are TypeIDs, times RFC 3339 in UTC. A body has at most 64 KiB, a token 16 KiB.',
      version: '1',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: issuerUrl ?? ISSUER_PLACEHOLDER }],
    tags: TAGS.map(([name, description]) => ({ name, description })),
    paths: withRequestId({
      ...tokenPaths,
      ...tailscalePaths(),
      ...documentPaths,
      ...healthPaths,
      ...iam.paths,
    }),
    components: {
      securitySchemes,
      headers,
      parameters,
      responses: Object.fromEntries(
        Object.entries(problemResponses).map(([name, response]) => [name, withHeader(response)]),
      ),
      schemas: {
        ...schemas,
        ...tokenSchemas,
        ...tailscaleSchemas,
        ...documentSchemas,
        ...healthSchemas,
        ...iam.schemas,
      },
    },
  };
}

/** Every response has `x-request-id` (contract §1); said once, so that none is forgotten. */
function withRequestId(paths: Readonly<Record<string, JsonObject>>): JsonObject {
  return mapMembers(paths, (item) =>
    mapMembers(item, (operation) =>
      isJsonObject(operation) && isJsonObject(operation['responses'])
        ? { ...operation, responses: mapMembers(operation['responses'], withHeader) }
        : operation,
    ),
  );
}

function withHeader(response: JsonValue): JsonValue {
  if (!isJsonObject(response) || '$ref' in response) return response;
  const own = isJsonObject(response['headers']) ? response['headers'] : {};
  return { ...response, headers: { 'x-request-id': { $ref: '#/components/headers/RequestId' }, ...own } };
}

function mapMembers(value: JsonValue, change: (member: JsonValue) => JsonValue): JsonObject {
  if (!isJsonObject(value)) return {};
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, change(member)]));
}
