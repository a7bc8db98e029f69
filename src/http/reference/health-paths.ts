// The paths that say whether the deployment works and what it is, written by hand; a test compares them with the routes.

import type { JsonObject } from '../../token/json.ts';
import { referencePath } from './document-paths.ts';
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
      links: object({ discovery: text(), keys: text(), api: text(), readiness: text(), console: text() }, [
        'discovery',
        'keys',
        'api',
        'readiness',
        'console',
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

const readiness = (isReady: boolean, description: string): JsonObject => ({
  description,
  ...(isReady ? {} : { headers: retryAfter }),
  content: json(ref('Readiness')),
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
          content: json(object({ status: text() }, ['status'])),
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
        '200': readiness(true, 'It can'),
        '429': readiness(false, 'Too many requests from this address.'),
        '503': readiness(false, 'It cannot; every fault is named at once'),
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
              'application/openmetrics-text': { schema: text() },
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
          content: json(ref('Landing')),
        },
        '429': tooManyRequests,
      },
    ),
  },
};
