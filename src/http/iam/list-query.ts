// The schema of the query of a list, for the reference only.

import { described, oneOfTexts, string } from '../../objects/json-schema.ts';
import type { JsonObject } from '../../token/json.ts';
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

export const listLimit: JsonObject = { type: 'integer', minimum: 1, maximum: MAX_LIST_LIMIT };

/** The query of a list, but for `matchLabels`, which no schema of one parameter describes. */
export function listQuery(object: ObjectDefinition): Readonly<Record<string, JsonObject>> {
  const filters = filtersOf(object).map((name) => {
    const schema = name === 'status' ? oneOfTexts(statusesOf(object)) : string;
    return [name, described(schema, FILTERS[name])] as const;
  });
  return {
    ...Object.fromEntries(filters),
    limit: described(listLimit, `${MAX_LIST_LIMIT} if it is absent`),
    cursor: described(string, 'From the link of an earlier answer'),
  };
}
