// The six routes of a kind of object and their place in the API's reference; what they do is in object-operations.ts.

import type { ObjectDefinition } from '../../objects/definition.ts';
import { arrayOf, extended } from '../../objects/json-schema.ts';
import type { JsonObject } from '../../token/json.ts';
import { answerSchema, bodySchema } from '../../objects/schemas.ts';
import type { IamScope, Operation } from './deps.ts';
import { listQuery } from './list-query.ts';
import { objectOperations } from './object-operations.ts';
import type { Resource } from './object-operations.ts';
import type { IamRoute, RouteDescription } from './routing.ts';

/** Where a kind of object differs from the others in its routes. */
export interface RouteOptions {
  /** The name of the object's own parameter, if `{id}` in the path is what it belongs to. */
  readonly nested?: string;
  /** What changes need; `iam:write` if it is absent. */
  readonly change?: IamScope;
  /** In place of the usual creation. */
  readonly create?: Operation;
  /** Members that only the answer to a creation has. */
  readonly answeredOnce?: Readonly<Record<string, JsonObject>>;
}

/** Routes under the object's path: list and create there, read, update (PUT and PATCH alike) and delete under `{path}/{id}`. */
export function objectRoutes<D extends ObjectDefinition>(
  resource: Resource<D>,
  { nested, change = 'iam:write', create, answeredOnce }: RouteOptions = {},
): IamRoute[] {
  const operations = objectOperations(resource);
  const { object } = resource;
  const { noun, path } = object;
  const one = `${path}/{${nested ?? 'id'}}`;
  const route = (
    method: RouteDescription['method'],
    at: string,
    scope: IamScope,
    summary: string,
    operation: Operation,
    answer: JsonObject | null,
    request: Pick<RouteDescription, 'query' | 'body'> = {},
  ): IamRoute => ({
    scope,
    operation,
    ...(nested === undefined ? {} : { nested }),
    config: {
      method,
      path: at,
      summary,
      tag: noun,
      ...request,
      answer: {
        ...(SUCCESS[method] ?? { description: at === path ? 'A page' : 'As it is now' }),
        ...(answer === null ? {} : { schema: answer }),
      },
    },
  });
  const creation = { body: { schema: bodySchema(object, true) } };
  const update = { body: { schema: bodySchema(object, false) } };
  const answer = answerSchema(object);
  const created = answeredOnce === undefined ? answer : extended(answer, answeredOnce);
  return [
    route('get', path, 'iam:read', `List every ${noun}`, operations.list, arrayOf(answer), {
      query: listQuery(object),
    }),
    route('post', path, change, `Create ${a(noun)}`, create ?? operations.create, created, creation),
    route('get', one, 'iam:read', `Read ${a(noun)}`, operations.read, answer),
    route('put', one, change, `Change ${a(noun)}: the members that are named`, operations.update, answer, update),
    route('patch', one, change, `Change ${a(noun)}: the members that are named`, operations.update, answer, update),
    route('delete', one, change, `Delete ${a(noun)}`, operations.remove, null),
  ];
}

function a(noun: string): string {
  return `${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun}`;
}

const SUCCESS: Partial<Record<RouteDescription['method'], RouteDescription['answer']>> = {
  post: { status: 201, description: 'Created' },
  delete: { status: 204, description: 'Deleted' },
};
