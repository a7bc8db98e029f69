// The reference is complete, true to the routes and in step with the committed copies: contract §5.9.

import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';
import { fromJSONSchema } from 'zod';

import { apiReference, referenceWithExamples } from '../../scripts/generate-api.ts';
import { compose } from '../../src/wiring.ts';
import { createApp } from '../../src/http/app.ts';
import { iamRouteList } from '../../src/http/iam/app.ts';

interface Media {
  readonly schema: unknown;
  readonly example?: unknown;
}
interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly tags: readonly string[];
  readonly security: readonly Record<string, readonly string[]>[];
  readonly parameters?: readonly { readonly $ref?: string; readonly name?: string; readonly in?: string }[];
  readonly requestBody?: { readonly content: Record<string, Media> };
  readonly responses: Record<string, { readonly $ref?: string; readonly content?: Record<string, Media> }>;
}

const document = referenceWithExamples('https://cambist.test') as unknown as {
  readonly openapi: string;
  readonly servers: unknown;
  readonly tags: readonly { readonly name: string }[];
  readonly paths: Record<string, Record<string, Operation>>;
};
const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({
    name: `${method.toUpperCase()} ${path}`,
    path,
    method,
    operation,
  })),
);

/** What the outer application answers itself, as `METHOD /path`. */
function outerRoutes(): string[] {
  const outside = {
    fetch: async () => new Response(),
    now: () => 0,
    waitUntil: () => undefined,
    log: () => undefined,
  };
  return createApp(compose({}, outside))
    .routes.filter(({ method }) => method !== 'ALL')
    .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`);
}

describe('the reference', () => {
  it('is OpenAPI 3.1 with the address of its own deployment (contract §5.9)', () => {
    expect(document.openapi).toBe('3.1.0');
    expect(document.servers).toEqual([{ url: 'https://cambist.test' }]);
  });

  it('has every route of the service and no other (contract §5.9)', () => {
    const routes = iamRouteList.map(({ config }) => `${config.method.toUpperCase()} ${config.path}`);
    expect(operations.map(({ name }) => name).toSorted()).toEqual(
      [...new Set([...outerRoutes(), ...routes])].toSorted(),
    );
  });

  it.each(operations)('describes $name in full (contract §5.9)', ({ path, operation }) => {
    expect(operation.summary).toMatch(/^[A-Z]/);
    expect(document.tags.map(({ name }) => name)).toEqual(expect.arrayContaining([...operation.tags]));
    expect(Array.isArray(operation.security)).toBe(true);
    const named = (operation.parameters ?? [])
      .filter((parameter) => parameter.in === 'path')
      .map(({ name }) => `{${name}}`);
    expect(named).toEqual(path.match(/\{\w+\}/g) ?? []);
    expect(Object.keys(operation.responses).some((status) => status.startsWith('2'))).toBe(true);
    if (path.startsWith('/v1/'))
      expect(Object.keys(operation.responses)).toEqual(expect.arrayContaining(['401', '404', '503']));
  });

  it.each(operations.filter(({ path }) => path !== '/openapi.json'))(
    'has examples for $name (contract §5.9)',
    ({ operation }) => {
      const contents = [operation.requestBody, ...Object.values(operation.responses)].flatMap((part) =>
        Object.entries(part !== undefined && 'content' in part ? (part.content ?? {}) : {}),
      );
      const asJson = contents.filter(([type]) => type.includes('json') && !type.includes('ndjson'));
      expect(asJson.filter(([, media]) => media.example === undefined)).toEqual([]);
    },
  );

  it('names each operation once (contract §5.9)', () => {
    const names = operations.map(({ operation }) => operation.operationId);
    expect(names).toEqual([...new Set(names)]);
    for (const name of names) expect(name).toMatch(/^[a-z][A-Za-z]+$/);
  });

  it('refers to nothing that is not there (contract §5.9)', () => {
    const text = JSON.stringify(document);
    for (const [, pointer = ''] of text.matchAll(/"\$ref":"#([^"]+)"/g)) {
      const found = pointer
        .slice(1)
        .split('/')
        .reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], document);
      expect(found, pointer).toBeDefined();
    }
  });
});

/** What code generators of several languages stumble over. */
describe('for generators of code', () => {
  const schemas: [string, Record<string, unknown>][] = [];
  const collect = (at: string, value: unknown): void => {
    if (Array.isArray(value)) value.forEach((item, index) => collect(`${at}/${index}`, item));
    else if (typeof value === 'object' && value !== null) {
      schemas.push([at, value as Record<string, unknown>]);
      for (const [name, part] of Object.entries(value)) if (!name.startsWith('example')) collect(`${at}/${name}`, part);
    }
  };
  collect('', document);

  it('no schema has a list of types, and no member is null alone (contract §5)', () => {
    expect(schemas.filter(([, { type }]) => Array.isArray(type)).map(([at]) => at)).toEqual([]);
    expect(schemas.filter(([at, { type }]) => type === 'null' && !/\/(?:anyOf|oneOf)\/\d+$/.test(at))).toEqual([]);
  });

  it('no form has a member that is a list or something else (contract §5)', () => {
    const components = (document as unknown as { components: { schemas: Record<string, { properties?: object }> } })
      .components.schemas;
    for (const { operation } of operations) {
      const form = operation.requestBody?.content['application/x-www-form-urlencoded']?.schema as
        | { $ref?: string }
        | undefined;
      const members = Object.values(components[form?.$ref?.split('/').at(-1) ?? '']?.properties ?? {});
      expect(members.filter((member: object) => 'anyOf' in member || 'oneOf' in member)).toEqual([]);
    }
  });

  it('every component has a name of its own (contract §5)', () => {
    const { components } = document as unknown as { components: Record<string, object> };
    const names = Object.values(components).flatMap((part) => Object.keys(part));
    expect(names).toEqual([...new Set(names)]);
    expect(names).toEqual(
      expect.arrayContaining(['IdentityProviderCreate', 'IdentityProviderUpdate', 'Explanation', 'Me', 'IssuerCheck']),
    );
  });

  it.each(operations)('$name has named bodies, a description and x-request-id (contract §1, §5)', ({ operation }) => {
    expect((operation as unknown as { description?: string }).description).toMatch(/^[A-Z`].+\.$/s);
    for (const [type, { schema }] of Object.entries(operation.requestBody?.content ?? {})) {
      expect(schema, type).toEqual({ $ref: expect.stringContaining('#/components/schemas/') });
    }
    for (const response of Object.values(operation.responses)) {
      const { $ref, headers } = response as { readonly $ref?: string; readonly headers?: object };
      expect($ref === undefined ? headers : { 'x-request-id': {} }).toHaveProperty('x-request-id');
    }
  });
});

describe('the examples', () => {
  const described = iamRouteList.map(({ config }) => ({
    name: `${config.method.toUpperCase()} ${config.path}`,
    config,
    operation: document.paths[config.path]?.[config.method],
  }));

  // Another library judges by the served schemas, as clients do.
  const { schemas } = (document as unknown as { readonly components: { readonly schemas: object } }).components;
  const faultsOf = (content: Record<string, Media> = {}) => {
    const { schema, example } = content['application/json'] ?? {};
    if (schema === undefined) return undefined;
    const text = JSON.stringify({ ...(schema as object), $defs: schemas }).replaceAll(
      '#/components/schemas/',
      '#/$defs/',
    );
    return fromJSONSchema(JSON.parse(text)).safeParse(example).error;
  };

  it.each(described)('of $name are what the API takes and answers (contract §5.9)', ({ config, operation }) => {
    expect(faultsOf(operation?.requestBody?.content)).toBeUndefined();
    expect(faultsOf(operation?.responses[config.answer.status ?? 200]?.content)).toBeUndefined();
  });
});

describe('the committed copies', () => {
  it.each(Object.entries(apiReference()))('%s says what the code says (run npm run generate)', (file, text) => {
    expect(readFileSync(file, 'utf8') === text).toBe(true);
  });
});
