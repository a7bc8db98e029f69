// The paths that say whether the deployment works and what it is, written by hand; a test compares them with the routes.

import type { JsonObject } from '../../token/json.ts';
import { referencePath } from './document-paths.ts';
import { ISSUER_PLACEHOLDER, REQUEST_ID } from './examples.ts';
import { PROBLEMS } from './shared-parts.ts';
import { json, list, object, oneOf, openRead, ref, retryAfter, text, tooManyRequests } from './path-parts.ts';

const FAULT = object({ setting: text(), detail: text() }, ['setting', 'detail']);

/** Schemas that these paths refer to. */
export const healthSchemas: JsonObject = {
  Landing: object(
    {
      name: text(),
      description: text(),
      issuer: {
        anyOf: [text(), { type: 'null' }],
        description: 'The address of this deployment; null if ISSUER_URL is missing',
      },
      ready: { type: 'boolean' },
      faults: list(FAULT, 'If it is not ready: every setting, table and key that is missing or wrong'),
      links: object({ discovery: text(), keys: text(), api: text(), readiness: text() }, [
        'discovery',
        'keys',
        'api',
        'readiness',
      ]),
    },
    ['name', 'description', 'ready', 'links'],
  ),
  Readiness: object(
    {
      status: oneOf(['ready', 'not_ready', 'rate_limited']),
      faults: list(FAULT, 'Every setting, table and key that is missing or wrong'),
      warnings: list(FAULT, 'What an operator should know although it works, such as a database newer than the code'),
      request_id: text(),
    },
    ['status'],
  ),
};

const landingExample = {
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
};

const readiness = (description: string, example: JsonObject): JsonObject => ({
  description,
  headers: retryAfter,
  content: json(ref('Readiness'), { ...example, request_id: REQUEST_ID }),
});

/** Path items by path. */
export const healthPaths: Readonly<Record<string, JsonObject>> = {
  '/healthz': {
    get: openRead(
      'readHealth',
      'Ask whether the Worker runs',
      'Says that the Worker answers, and nothing of its settings or storage.',
      'health',
      {
        '200': {
          description: 'It runs; no dependency was asked',
          content: json(object({ status: text() }, ['status']), { status: 'ok' }),
        },
      },
    ),
  },
  '/readyz': {
    get: openRead(
      'readReadiness',
      'Ask whether the deployment can do its work',
      'Names every setting, table and key that is missing or wrong at once, and a database that is older than the code.',
      'health',
      {
        '200': { description: 'It can', content: json(ref('Readiness'), { status: 'ready' }) },
        '429': readiness('Too many requests from this address.', { status: 'rate_limited' }),
        '503': readiness('It cannot; every fault is named at once', {
          status: 'not_ready',
          faults: [
            {
              setting: 'DB',
              detail:
                'DB lacks tables or indexes (no such table: signing_key): apply schema.sql (npx wrangler d1 execute DB --remote --file schema.sql)',
            },
          ],
        }),
      },
    ),
  },
  '/metrics': {
    get: {
      ...openRead(
        'readMetrics',
        'Read the numbers of the whole deployment',
        'Grants, refusals by reason, failing issuers, the age of keys and the size of the database, in the OpenMetrics form, for the root token or a token of the organisation `default` with the scope `metrics:read`.',
        'health',
        {
          '200': {
            description: 'The numbers',
            content: {
              'application/openmetrics-text': { schema: text(), example: '# TYPE cambist_grants counter\n# EOF\n' },
            },
          },
          ...Object.fromEntries(
            [401, 403, 503].map((status) => [
              String(status),
              { $ref: `#/components/responses/${PROBLEMS[status]?.name ?? ''}` },
            ]),
          ),
        },
      ),
      security: [{ bearer: ['metrics:read'] }],
    },
  },
  '/openapi.json': referencePath,
  '/': {
    get: openRead(
      'readLanding',
      'Ask what this is, and whether it is ready',
      'A client that accepts `text/html`, such as a browser, gets a page that says the same.',
      'health',
      {
        '200': {
          description: 'What this is; also while it is not ready',
          content: json(ref('Landing'), landingExample),
        },
        '429': tooManyRequests,
      },
    ),
  },
};
