// GET /v1/teams, /v1/memberships and /v1/invites: lists that clients of other services read, and of which there is never anything here.

import { arrayOf, object, string } from '../../objects/json-schema.ts';
import { ok } from '../../exchange/result.ts';
import type { IamRoute } from './routing.ts';

const NOUNS = ['team', 'membership', 'invite'] as const;

/** The routes; people are not managed here, so there is nothing to create either (contract §10). */
export const emptyListRoutes: readonly IamRoute[] = NOUNS.map((noun) => ({
  scope: 'iam:read',
  operation: async () => ok({ status: 200, body: [] }),
  config: {
    method: 'get',
    path: `/v1/${noun}s`,
    summary: `List every ${noun}, of which there is none`,
    description: 'For clients that read this list before anything else.',
    tag: noun,
    answer: {
      description: 'An empty list',
      schema: { maxItems: 0, ...arrayOf({ ...object({ identity: string }), additionalProperties: {} }) },
    },
  },
}));
