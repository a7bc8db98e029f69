// The schema of the query of a list, for the reference only.

import * as z from 'zod/mini';

import type { ObjectDefinition } from '../../objects/definition.ts';
import { MAX_LIST_LIMIT } from '../limits.ts';
import { filtersOf, statusesOf } from './list-request.ts';

const FILTERS: Readonly<Record<string, string>> = {
  name: 'Only the one with this name',
  slug: 'Only the one with this slug',
  identity: 'Only the one with this identifier',
  status: 'Only those that read so now',
  serviceAccount: 'Id or slug of a service account',
  provider: 'Id or name of an identity provider',
};

/** The query of a list, but for `matchLabels`, which no schema of one parameter describes. */
export function listQuery(object: ObjectDefinition): z.ZodMiniObject {
  const shape: Record<string, z.ZodMiniType> = {};
  for (const name of filtersOf(object)) {
    const schema = name === 'status' ? z.enum(statusesOf(object)) : z.string();
    shape[name] = z.optional(schema).check(z.describe(FILTERS[name] ?? ''));
  }
  return z.object({
    ...shape,
    limit: z
      .optional(z.int().check(z.minimum(1), z.maximum(MAX_LIST_LIMIT)))
      .check(z.describe(`${MAX_LIST_LIMIT} if it is absent`)),
    cursor: z.optional(z.string()).check(z.describe('From the link of an earlier answer')),
  });
}
