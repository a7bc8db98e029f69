// The paths of the IAM API, made of its registered routes: what a route says of itself appears here without being said again.

import { isJsonObject } from '../../token/json.ts';
import type { JsonObject, JsonValue } from '../../token/json.ts';
import type { IamRoute, RouteDescription } from '../iam/routing.ts';
import { withoutNull } from './without-null.ts';
import { PROBLEMS } from './shared-parts.ts';

/** Path items by path, and the schemas of objects that they refer to. */
export function iamPaths(routes: readonly IamRoute[]): {
  readonly paths: Record<string, JsonObject>;
  readonly schemas: Record<string, JsonObject>;
} {
  const schemas: Record<string, JsonObject> = {};
  const paths: Record<string, JsonObject> = {};
  for (const route of routes) {
    const { path, method } = route.config;
    paths[path] = { ...paths[path], [method]: operation(route, schemas) };
  }
  return { paths, schemas: withReferences(schemas) };
}

/** A part of a schema that is one of the objects itself refers to it. */
function withReferences(schemas: Readonly<Record<string, JsonObject>>): Record<string, JsonObject> {
  const names = new Map(Object.entries(schemas).map(([name, schema]) => [JSON.stringify(schema), name]));
  const replace = (value: JsonValue): JsonValue => {
    if (Array.isArray(value)) return value.map(replace);
    if (!isJsonObject(value)) return value;
    const name = names.get(JSON.stringify(value));
    return name === undefined ? partsOf(value) : { $ref: `#/components/schemas/${name}` };
  };
  const partsOf = (schema: JsonObject): JsonObject =>
    Object.fromEntries(Object.entries(schema).map(([member, part]) => [member, replace(part)]));
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, partsOf(schema)]));
}

/** Names that the reference gives to what is no object of the API, by operation. */
const NAMES: Readonly<Record<string, { readonly body?: string; readonly answer?: string }>> = {
  readMe: { answer: 'Me' },
  listMyPermissions: { answer: 'Permission' },
  listSigningKeys: { answer: 'SigningKey' },
  rotateSigningKey: { body: 'SigningKeyRotationRequest', answer: 'SigningKeyRotation' },
  explainFederatedIdentity: { body: 'ExplanationRequest', answer: 'Explanation' },
  checkIdentityProvider: { answer: 'IssuerCheck' },
};

/** Gives a schema its name. What is equal has one name; of what is not, the later one has the name of its operation, too. */
function refer(schema: JsonObject, name: string, schemas: Record<string, JsonObject>, apart: string): JsonObject {
  const known = (schemas[name] ??= schema);
  const isSame = JSON.stringify(known) === JSON.stringify(schema);
  if (!isSame) schemas[apart] = schema;
  return { $ref: `#/components/schemas/${isSame ? name : apart}` };
}

function bodySchemaOf(route: IamRoute, body: JsonObject, schemas: Record<string, JsonObject>): JsonObject {
  const { method } = route.config;
  const noun = pascal(route.config.tag);
  const kind = method === 'post' ? 'Create' : 'Update';
  const name = NAMES[operationId(route)]?.body ?? `${noun}${kind}`;
  return refer(method === 'post' ? withoutNull(body) : body, name, schemas, `${name}2`);
}

function answerSchemaOf(
  route: IamRoute,
  status: number,
  schema: JsonObject,
  schemas: Record<string, JsonObject>,
): JsonObject {
  const name = NAMES[operationId(route)]?.answer ?? pascal(route.config.tag);
  const { items } = schema;
  if (schema['type'] !== 'array')
    return refer(schema, name, schemas, `${name}${status === 201 ? 'Created' : 'Answer'}`);
  return isJsonObject(items) && isJsonObject(items['properties'])
    ? { ...schema, items: refer(items, name, schemas, `${name}Entry`) }
    : schema;
}

function operation(route: IamRoute, schemas: Record<string, JsonObject>): JsonObject {
  const { config, scope } = route;
  const { body } = config;
  return {
    operationId: operationId(route),
    summary: config.summary,
    description: config.description ?? describe(route),
    tags: [config.tag],
    security: [{ bearer: scope === null ? [] : [scope] }],
    parameters: parametersOf(route),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: body.isOptional !== true,
            content: {
              'application/json': {
                schema: bodySchemaOf(route, body.schema, schemas),
              },
            },
          },
        }),
    responses: responsesOf(route, schemas),
  };
}

function parametersOf({ config }: IamRoute): JsonObject[] {
  const { path, method, query = {} } = config;
  const inPath = [...path.matchAll(/\{(.+?)\}/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    description: pathParameter(path, name),
    schema: { type: 'string' },
  }));
  const inQuery = Object.entries(query).map(([name, schema]) => {
    const { description = '', ...rest } = notEmpty(schema);
    return { name, in: 'query', ...(description === '' ? {} : { description }), schema: rest };
  });
  const hasLabels = inQuery.some(({ name }) => name === 'cursor') && inQuery.some(({ name }) => name === 'identity');
  const isChange = isConditional(method, path);
  const isRead = isVersioned(method, path);
  return [
    ...inPath,
    ...inQuery,
    ...(hasLabels ? [parameter('MatchLabelsQuery')] : []),
    ...(['get', 'delete'].includes(method) ? [] : [parameter('ValidateQuery')]),
    ...(isChange || isRead ? ['IfMatchHeader', 'IfNoneMatchHeader'].map(parameter) : []),
    parameter('OrganisationHeader'),
  ];
}

function parameter(name: string): JsonObject {
  return { $ref: `#/components/parameters/${name}` };
}

/** True for a read whose answer has an `etag`. */
function isVersioned(method: string, path: string): boolean {
  return method === 'get' && path.endsWith('}') && !path.includes('/audit-');
}

/** True for a change that the version of an object can make conditional. */
function isConditional(method: string, path: string): boolean {
  return ['put', 'patch', 'delete'].includes(method) || path.endsWith('/revoke-tokens');
}

/** A parameter that is sent without a value is refused: one ignored would list too much. */
function notEmpty(schema: JsonObject): JsonObject {
  return schema['type'] === 'string' && schema['enum'] === undefined ? { ...schema, minLength: 1 } : schema;
}

function pathParameter(path: string, name: string): string {
  const collection = path.split(`/{${name}}`)[0]?.split('/').at(-1) ?? '';
  const byReference = ['roles', 'organisations'].includes(collection);
  if (name === 'sequence') return 'The `sequence` of an entry of the list';
  return `${byReference ? 'Id, slug or name' : 'Id'} of one of the ${collection.replaceAll('-', ' ')}`;
}

function responsesOf(route: IamRoute, schemas: Record<string, JsonObject>): JsonObject {
  const { config, scope } = route;
  const { method, path } = config;
  const { status = 200, description, schema, alsoAs } = config.answer;
  const content = {
    ...(schema === undefined
      ? {}
      : {
          'application/json': {
            schema: answerSchemaOf(route, status, schema, schemas),
          },
        }),
    // Only what is read as JSON is an object of the API.
    ...(alsoAs === undefined ? {} : { [alsoAs]: { schema: mediaSchema(alsoAs) } }),
  };
  const answer = {
    description,
    ...(Object.keys(content).length === 0 ? {} : { content }),
    ...headersOf(route, status),
  };
  const hasBody = config.body !== undefined;
  const mayConflict = method !== 'get' && !/\/(?:check|explain)$/.test(path);
  const failures = [
    ...(hasBody || method !== 'get' || config.query !== undefined || isConditional(method, path) ? [400] : []),
    401,
    ...(scope === null ? [] : [403]),
    404,
    ...(mayConflict ? [409] : []),
    ...(isConditional(method, path) ? [412] : []),
    ...(isVersioned(method, path) ? [400, 412] : []),
    ...(hasBody ? [413, 415] : []),
    ...(method === 'get' ? [] : [429]),
    ...(path.endsWith('/refresh') ? [502] : []),
    503,
  ];
  const problems = failures.map((status): [string, JsonObject] => [
    String(status),
    { $ref: `#/components/responses/${PROBLEMS[status]?.name ?? ''}` },
  ]);
  const unchanged = {
    description: 'The object is at a version that `If-None-Match` names',
    ...headersOf(route, 304),
  };
  return Object.fromEntries([
    [String(status), answer],
    ...(isVersioned(method, path) ? [['304', unchanged] as const] : []),
    ...problems,
  ]);
}

/** What can be said of every list, read and change. */
function describe(route: IamRoute): string {
  const { method, path } = route.config;
  switch (method) {
    case 'get':
      if (isList(route))
        return 'In the order of creation. A page has at most `limit` entries; the `link` of an answer leads to the next one.';
      return 'Answers 404 also for what belongs to another organisation.';
    case 'post':
      return 'A name that is taken is 409, which names the object that has it in `conflictsWith`.';
    case 'put':
      return 'The same as PATCH, for clients that send PUT: the members that are named change, the others stay as they are. A body with the `objectVersion` that was read is refused with 412 if the object has changed since.';
    case 'patch':
      return 'The members that are named change, the others stay as they are; a list or a map is replaced as a whole. A body with the `objectVersion` that was read is refused with 412 if the object has changed since.';
    case 'delete':
      return path.includes('organisations') || path.includes('roles') || path.includes('providers')
        ? 'It cannot be deleted while others refer to it (409).'
        : 'It is gone at once, with what belongs to it.';
  }
}

function headersOf(route: IamRoute, status: number): JsonObject {
  const { method, path } = route.config;
  const text = (description: string): JsonObject => ({ description, schema: { type: 'string' } });
  const isObject = (['get', 'put', 'patch'].includes(method) && path.endsWith('}')) || path.endsWith('/revoke-tokens');
  const hasPages = route.config.query?.['cursor'] !== undefined;
  const headers = {
    ...(status === 201 ? { location: text('The path of the new object') } : {}),
    ...((status === 201 || isObject) && !path.includes('/audit-')
      ? { etag: text('The `objectVersion` in quotes') }
      : {}),
    ...(hasPages ? { link: text('`rel="next"` if more follow (RFC 8288)') } : {}),
  };
  return Object.keys(headers).length === 0 ? {} : { headers };
}

function mediaSchema(type: string): JsonObject {
  return type === 'application/gzip' ? { type: 'string', format: 'binary' } : { type: 'string' };
}

const VERBS: Record<RouteDescription['method'], string> = {
  get: 'read',
  post: 'create',
  put: 'change',
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
  const noun = pascal(route.config.tag);
  if (ACTIONS.includes(last)) return `${last}${noun}`;
  const action = NAMED_ACTIONS[last];
  if (action !== undefined) return `${action}${noun}`;
  if (last === 'permissions') return 'listMyPermissions';
  return method === 'get' && isList(route) ? `list${noun.replace(/([^aeiou])y$/, '$1ie')}s` : `${VERBS[method]}${noun}`;
}

/** True for a route that answers several objects. */
function isList({ config }: IamRoute): boolean {
  return config.answer.schema?.['type'] === 'array';
}

function pascal(words: string): string {
  return words.replaceAll(/(?:^|\s)(\w)/g, (_match, first: string) => first.toUpperCase());
}
