// The paths of the IAM API, made of its registered routes: what a route says of itself appears here without being said again.

import type { ZodType } from 'zod';

import { isJsonObject } from '../../token/json.ts';
import type { JsonObject, JsonValue } from '../../token/json.ts';
import type { IamRoute } from '../iam/routing.ts';
import { exampleAnswer, exampleBody } from './examples.ts';
import { jsonSchema } from './json-schema.ts';
import { PROBLEMS } from './shared-parts.ts';

type Method = IamRoute['config']['method'];

/** Path items by path, and the schemas of objects that they refer to. */
export function iamPaths(routes: readonly IamRoute[]): {
  readonly paths: Record<string, JsonObject>;
  readonly schemas: Record<string, JsonObject>;
} {
  const schemas = objectSchemas(routes);
  const paths: Record<string, JsonObject> = {};
  for (const route of routes) {
    const { path, method } = route.config;
    paths[path] = { ...paths[path], [method]: operation(route, schemas) };
  }
  return { paths, schemas };
}

/** What reading one object answers is that object's schema, by the name of its tag. */
function objectSchemas(routes: readonly IamRoute[]): Record<string, JsonObject> {
  const schemas: Record<string, JsonObject> = {};
  for (const route of routes) {
    const { method, path } = route.config;
    const schema = answerOf(route);
    if (method === 'get' && path.endsWith('}') && schema !== null) schemas[pascal(tagOf(route))] = jsonSchema(schema);
  }
  return schemas;
}

function operation(route: IamRoute, schemas: Readonly<Record<string, JsonObject>>): JsonObject {
  const { config, scope } = route;
  const body = bodyOf(route);
  return {
    operationId: operationId(route),
    summary: config.summary ?? '',
    ...(config.description === undefined ? {} : { description: config.description }),
    tags: [tagOf(route)],
    security: [{ bearer: scope === null ? [] : [scope] }],
    parameters: parametersOf(route),
    ...(body === null
      ? {}
      : {
          requestBody: {
            required: config.request?.body?.required === true,
            content: {
              'application/json': { schema: jsonSchema(body), ...withExample(exampleBody(config.method, config.path)) },
            },
          },
        }),
    responses: responsesOf(route, schemas),
  };
}

function parametersOf({ config }: IamRoute): JsonObject[] {
  const { path, method, request } = config;
  const members = (schema: unknown): [string, JsonValue][] => {
    const properties = schema === undefined ? undefined : jsonSchema(schema as ZodType)['properties'];
    return isJsonObject(properties) ? Object.entries(properties) : [];
  };
  const inPath = [...path.matchAll(/\{(.+?)\}/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    description: pathParameter(path, name),
    schema: { type: 'string' },
  }));
  const inQuery = members(request?.query).map(([name, schema]) => {
    const { description = '', ...rest } = schema as JsonObject;
    return { name, in: 'query', ...(description === '' ? {} : { description }), schema: rest };
  });
  const isList = inQuery.some(({ name }) => name === 'cursor') && inQuery.some(({ name }) => name === 'identity');
  const isChange = isConditional(method, path);
  return [
    ...inPath,
    ...inQuery,
    ...(isList ? [{ $ref: '#/components/parameters/MatchLabels' }] : []),
    ...(isChange ? [{ $ref: '#/components/parameters/IfMatch' }] : []),
    { $ref: '#/components/parameters/Organisation' },
  ];
}

/** True for an operation that `If-Match` can make conditional. */
function isConditional(method: string, path: string): boolean {
  return ['put', 'patch', 'delete'].includes(method) || path.endsWith('/revoke-tokens');
}

function pathParameter(path: string, name: string): string {
  const collection = path.split(`/{${name}}`)[0]?.split('/').at(-1) ?? '';
  const byReference = ['roles', 'organisations'].includes(collection);
  return `${byReference ? 'Id, slug or name' : 'Id'} of one of the ${collection.replaceAll('-', ' ')}`;
}

function responsesOf(route: IamRoute, schemas: Readonly<Record<string, JsonObject>>): JsonObject {
  const { config, scope } = route;
  const { method, path } = config;
  const success = Object.entries(config.responses).filter(([status]) => status.startsWith('2'));
  const answers = success.map(([status, response]): [string, JsonObject] => {
    const content = 'content' in response ? Object.entries(response.content ?? {}) : [];
    const description = 'description' in response ? (response.description ?? '') : '';
    return [
      status,
      {
        description,
        ...(content.length === 0
          ? {}
          : {
              content: Object.fromEntries(
                content.map(([type, media]) => [
                  type,
                  {
                    schema: referring(jsonSchema((media as { schema: ZodType }).schema), schemas),
                    ...(type === 'application/json' ? withExample(exampleAnswer(method, path)) : {}),
                  },
                ]),
              ),
            }),
        ...headersOf(route, status),
      },
    ];
  });
  const hasBody = config.request?.body !== undefined;
  const mayConflict = method !== 'get' && !/\/(?:check|explain)$/.test(path);
  const failures = [
    ...(hasBody || config.request?.query !== undefined || isConditional(method, path) ? [400] : []),
    401,
    ...(scope === null ? [] : [403]),
    404,
    ...(mayConflict ? [409] : []),
    ...(isConditional(method, path) ? [412] : []),
    ...(hasBody ? [413, 415] : []),
    ...(path.endsWith('/refresh') ? [502] : []),
    503,
  ];
  const problems = failures.map((status): [string, JsonObject] => [
    String(status),
    { $ref: `#/components/responses/${PROBLEMS[status]?.name ?? ''}` },
  ]);
  return Object.fromEntries([...answers, ...problems]);
}

function headersOf(route: IamRoute, status: string): JsonObject {
  const { method, path } = route.config;
  const text = (description: string): JsonObject => ({ description, schema: { type: 'string' } });
  const isObject = (['get', 'put', 'patch'].includes(method) && path.endsWith('}')) || path.endsWith('/revoke-tokens');
  const hasPages = jsonHas(route, 'cursor');
  const headers = {
    ...(status === '201' ? { location: text('The path of the new object') } : {}),
    ...((status === '201' || isObject) && !path.includes('audit-events')
      ? { etag: text('The `objectVersion` in quotes') }
      : {}),
    ...(hasPages ? { link: text('`rel="next"` if more follow (RFC 8288)') } : {}),
  };
  return Object.keys(headers).length === 0 ? {} : { headers };
}

function jsonHas({ config }: IamRoute, parameter: string): boolean {
  const query = config.request?.query;
  const properties = query === undefined ? undefined : jsonSchema(query)['properties'];
  return isJsonObject(properties) && Object.hasOwn(properties, parameter);
}

/** A schema in which every object that has a name is a reference to it. */
function referring(schema: JsonObject, schemas: Readonly<Record<string, JsonObject>>): JsonObject {
  const text = JSON.stringify(schema);
  for (const [name, known] of Object.entries(schemas)) {
    if (JSON.stringify(known) === text) return { $ref: `#/components/schemas/${name}` };
  }
  const { items } = schema;
  return isJsonObject(items) ? { ...schema, items: referring(items, schemas) } : schema;
}

function answerOf({ config }: IamRoute): ZodType | null {
  const response = config.responses[200];
  const media = response !== undefined && 'content' in response ? response.content?.['application/json'] : undefined;
  return media === undefined ? null : (media as { schema: ZodType }).schema;
}

function bodyOf({ config }: IamRoute): ZodType | null {
  const media = config.request?.body?.content['application/json'];
  return media === undefined ? null : (media as { schema: ZodType }).schema;
}

function withExample(example: JsonValue | undefined): JsonObject {
  return example === undefined ? {} : { example };
}

const VERBS: Record<Method, string> = {
  get: 'read',
  post: 'create',
  put: 'replace',
  patch: 'update',
  delete: 'delete',
};
/** Last segments that are verbs themselves. */
const ACTIONS = ['refresh', 'check', 'explain', 'rotate'];
/** Others, by the name of their operation. */
const NAMED_ACTIONS: Readonly<Record<string, string>> = { 'revoke-tokens': 'revokeTokensOf' };

function operationId(route: IamRoute): string {
  const { path, method } = route.config;
  const last = path.split('/').at(-1) ?? '';
  const noun = pascal(tagOf(route));
  if (ACTIONS.includes(last)) return `${last}${noun}`;
  const action = NAMED_ACTIONS[last];
  if (action !== undefined) return `${action}${noun}`;
  if (last === 'permissions') return 'listMyPermissions';
  const isList = method === 'get' && answerOf(route)?.type === 'array';
  return isList ? `list${noun.replace(/([^aeiou])y$/, '$1ie')}s` : `${VERBS[method]}${noun}`;
}

function tagOf({ config }: IamRoute): string {
  return config.tags?.[0] ?? 'other';
}

function pascal(words: string): string {
  return words.replaceAll(/(?:^|\s)(\w)/g, (_match, first: string) => first.toUpperCase());
}
