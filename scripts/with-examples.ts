// Lays the examples over the reference as the code makes it: the committed copy shows them, the Worker does not carry them.

import { PROBLEMS } from '../src/http/reference/shared-parts.ts';
import { isJsonObject } from '../src/token/json.ts';
import type { JsonObject, JsonValue } from '../src/token/json.ts';
import { exampleAnswer, exampleBody, exampleProblem } from './api-examples.ts';
import { REQUEST_ID, TOKEN_EXAMPLES } from './token-examples.ts';

/** The document with an example for each body and answer that has one. */
export function withExamples(document: JsonObject): JsonObject {
  const { components, paths } = document;
  return { ...document, paths: mapMembers(paths, withItemExamples), components: withComponentExamples(components) };
}

function withItemExamples(item: JsonValue, path: string): JsonValue {
  return mapMembers(item, (operation, method) => {
    if (!isJsonObject(operation)) return operation;
    const body = TOKEN_EXAMPLES[`${method} ${path}`]?.['body'] ?? exampleBody(method, path);
    const responses = mapMembers(operation['responses'], (response, status) =>
      shown(response, TOKEN_EXAMPLES[`${method} ${path}`]?.[status] ?? exampleAnswer(method, path, status)),
    );
    const { requestBody } = operation;
    return {
      ...operation,
      ...(requestBody === undefined ? {} : { requestBody: shown(requestBody, body) }),
      responses,
    };
  });
}

function withComponentExamples(components: JsonValue | undefined): JsonObject {
  const parts = isJsonObject(components) ? components : {};
  const statuses = new Map(Object.entries(PROBLEMS).map(([status, { name }]) => [name, Number(status)]));
  const responses = mapMembers(parts['responses'], (response, name) =>
    shown(response, exampleProblem(statuses.get(name) ?? 0)),
  );
  const headers = mapMembers(parts['headers'], (header) =>
    isJsonObject(header) ? { ...header, example: REQUEST_ID } : header,
  );
  return { ...parts, headers, responses };
}

/** A body or an answer with the example beside the schema of its main media type. */
function shown(part: JsonValue, example: JsonValue | undefined): JsonValue {
  if (example === undefined || !isJsonObject(part) || !isJsonObject(part['content'])) return part;
  const [first, ...others] = Object.entries(part['content']);
  if (first === undefined || first[0] === 'application/gzip' || !isJsonObject(first[1])) return part;
  return { ...part, content: Object.fromEntries([[first[0], { ...first[1], example }], ...others]) };
}

function mapMembers(value: JsonValue | undefined, change: (member: JsonValue, name: string) => JsonValue): JsonObject {
  if (!isJsonObject(value)) return {};
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, change(member, name)]));
}
