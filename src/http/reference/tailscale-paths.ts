// The paths of Tailscale's keys API, made of the form of a key; a test compares them with the routes.

import { arrayOf, boolean, dateTime, object, string } from '../../objects/json-schema.ts';
import { bodySchema } from '../../objects/schemas.ts';
import type { JsonObject } from '../../token/json.ts';
import { keyMembers } from '../tailscale-key.ts';
import { json, ref } from './path-parts.ts';
import { PROBLEMS } from './shared-parts.ts';

const form = bodySchema({ members: keyMembers }, true);
const read = { id: string, created: dateTime, updated: dateTime, expires: dateTime, invalid: boolean, userId: string };

/** Schemas that these paths refer to. */
export const tailscaleSchemas: JsonObject = {
  TailscaleKeyRequest: form,
  TailscaleKey: object({ ...(form['properties'] as Record<string, JsonObject>), ...read }, ['expires']),
  TailscaleKeys: object({ keys: arrayOf(ref('TailscaleKey')) }),
  TailscaleError: object({ message: string, request_id: string }),
  Nothing: object({}),
};

const STATUSES = [400, 401, 403, 404, 409, 429, 503];

/** Path items by path. */
export function tailscalePaths(): Readonly<Record<string, JsonObject>> {
  const errors = STATUSES.map((status) => [
    String(status),
    {
      description: PROBLEMS[status]?.what ?? '',
      content: json(ref('TailscaleError')),
    },
  ]);
  const operation = (
    method: string,
    path: string,
    verb: string,
    scope: string,
    answer = 'TailscaleKey',
  ): JsonObject => ({
    operationId: `${verb}TailscaleKey`,
    summary: `${verb[0]?.toUpperCase()}${verb.slice(1)} ${method === 'get' && path === KEYS ? 'the federated keys' : 'a federated key'}`,
    description:
      "For Tailscale's Terraform provider. A key is a federated identity with an account of its own; `tailnet` is `-`, or an organisation.",
    tags: ['federated identity'],
    security: [{ bearer: [scope] }],
    parameters: [...path.matchAll(/\{(.+?)\}/g)].map(([, name = '']) => ({
      name,
      in: 'path',
      required: true,
      schema: string,
    })),
    ...(method === 'post' || method === 'put'
      ? { requestBody: { required: true, content: json(ref('TailscaleKeyRequest')) } }
      : {}),
    responses: {
      '200': { description: 'As it is now', content: json(ref(answer)) },
      ...Object.fromEntries(errors),
    },
  });
  return {
    [KEYS]: {
      get: operation('get', KEYS, 'list', 'iam:read', 'TailscaleKeys'),
      post: operation('post', KEYS, 'create', 'iam:write'),
    },
    [KEY]: {
      get: operation('get', KEY, 'read', 'iam:read'),
      put: operation('put', KEY, 'replace', 'iam:write'),
      delete: operation('delete', KEY, 'delete', 'iam:write', 'Nothing'),
    },
  };
}

const KEYS = '/api/v2/tailnet/{tailnet}/keys';
const KEY = `${KEYS}/{id}`;
