// The six routes of a kind of object and their place in the API's reference; what they do is in object-operations.ts.

import * as z from 'zod';

import type { ObjectContract } from '../../objects/object.ts';
import { answerSchema, listQuery } from './answer-schemas.ts';
import type { IamScope, Operation } from './deps.ts';
import { objectOperations } from './object-operations.ts';
import type { Resource, StoredObject } from './object-operations.ts';
import type { IamRoute, RouteDescription } from './routing.ts';

/** Where a kind of object differs from the others in its routes. */
export interface RouteOptions {
  /** The name of the object's own parameter, where `{id}` in the path is what it belongs to. */
  readonly nested?: string;
  /** What changes need; `iam:write` where it is absent. */
  readonly change?: IamScope;
  /** In place of the usual creation. */
  readonly create?: Operation;
  /** Members that only the answer to a creation has. */
  readonly answeredOnce?: Readonly<Record<string, z.ZodType>>;
}

/** Routes under `path`: list and create there, read, update (PUT and PATCH alike) and delete under `{path}/{id}`. */
export function objectRoutes<I extends object, R extends StoredObject>(
  path: string,
  resource: Resource<I, R>,
  { nested, change = 'iam:write', create, answeredOnce }: RouteOptions = {},
): IamRoute[] {
  const operations = objectOperations(resource);
  const { noun, contract } = resource;
  const one = `${path}/{${nested ?? 'id'}}`;
  const route = (
    method: RouteDescription['method'],
    at: string,
    scope: IamScope,
    summary: string,
    operation: Operation,
    answer: z.ZodType | null,
    request: NonNullable<RouteDescription['request']> = {},
  ): IamRoute => ({
    scope,
    operation,
    ...(nested === undefined ? {} : { nested }),
    config: {
      method,
      path: at,
      summary,
      tags: [noun],
      request,
      responses: {
        [SUCCESS[method] ?? 200]: {
          description: at === path && method === 'get' ? 'A page' : (SUCCESS_IS[method] ?? 'As it is now'),
          ...(answer === null ? {} : { content: { 'application/json': { schema: answer } } }),
        },
        default: { description: 'A problem (RFC 9457)' },
      },
    },
  });
  const body = (schema: z.ZodType): NonNullable<RouteDescription['request']> => ({
    body: { required: true, content: { 'application/json': { schema } } },
  });
  const creation = body(bodySchema(contract, true));
  const update = body(bodySchema(contract, false));
  const answer = answerSchema(noun, contract);
  const created = answeredOnce === undefined ? answer : answer.extend(answeredOnce);
  return [
    route('get', path, 'iam:read', `List every ${noun}`, operations.list, z.array(answer), {
      query: listQuery(resource),
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

const SUCCESS: Partial<Record<RouteDescription['method'], number>> = { post: 201, delete: 204 };
const SUCCESS_IS: Partial<Record<RouteDescription['method'], string>> = { post: 'Created', delete: 'Deleted' };

/** The schema of a body, for the reference: a body is read by members.ts, which reports every fault at its place. */
function bodySchema<T extends object>(contract: ObjectContract<T>, creating: boolean): z.ZodType {
  const shape: Record<string, z.ZodType> = {};
  for (const [name, schema] of Object.entries<z.ZodType>(contract.members)) {
    const has = (names: readonly string[]): boolean => names.includes(name);
    const nullable = has(contract.nullIsAbsent) || has(contract.nullClears) ? schema.nullable() : schema;
    shape[name] = creating && has(contract.required) ? nullable : nullable.optional();
  }
  return z.strictObject(shape);
}
