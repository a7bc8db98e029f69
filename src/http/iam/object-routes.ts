// The six routes of a kind of object and their place in the API's reference; what they do is in object-operations.ts.

import { createRoute, z } from '@hono/zod-openapi';
import type { RouteConfig } from '@hono/zod-openapi';

import type { ObjectContract } from '../../contract/object-contract.ts';
import type { IamScope, Operation } from './deps.ts';
import { objectOperations } from './object-operations.ts';
import type { Resource, StoredObject } from './object-operations.ts';
import type { IamRoute } from './routing.ts';

/** Routes under `path`: list and create there, read, update (PUT and PATCH alike) and delete under `{path}/{id}`. */
export function objectRoutes<I extends object, R extends StoredObject>(
  path: string,
  resource: Resource<I, R>,
): IamRoute[] {
  const operations = objectOperations(resource);
  const { noun, contract } = resource;
  const one = `${path}/{id}`;
  const route = (
    method: RouteConfig['method'],
    at: string,
    scope: IamScope,
    summary: string,
    operation: Operation,
    request: RouteConfig['request'] = {},
  ): IamRoute => ({
    scope,
    operation,
    config: createRoute({
      method,
      path: at,
      summary,
      tags: [noun],
      request: at === one ? { ...request, params: z.object({ id: z.string() }) } : request,
      responses: {
        [SUCCESS[method] ?? 200]: { description: summary },
        default: { description: 'A problem (RFC 9457)' },
      },
    }),
  });
  const body = (schema: z.ZodType): RouteConfig['request'] => ({
    body: { required: true, content: { 'application/json': { schema } } },
  });
  const update = body(bodySchema(contract, false));
  return [
    route('get', path, 'iam:read', `List every ${noun}`, operations.list),
    route('post', path, 'iam:write', `Create a ${noun}`, operations.create, body(bodySchema(contract, true))),
    route('get', one, 'iam:read', `Read a ${noun}`, operations.read),
    route('put', one, 'iam:write', `Change the members that are named`, operations.update, update),
    route('patch', one, 'iam:write', `Change the members that are named`, operations.update, update),
    route('delete', one, 'iam:write', `Delete a ${noun}`, operations.remove),
  ];
}

const SUCCESS: Partial<Record<RouteConfig['method'], number>> = { post: 201, delete: 204 };

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
