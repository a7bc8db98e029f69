// Schemas of what the API answers and of the query of a list, made of each object's contract; for the reference only.

import * as z from 'zod';

import type { ObjectContract } from '../../objects/object.ts';
import { MAX_LIST_LIMIT } from '../limits.ts';
import type { Listing } from './list-request.ts';

const time = z.iso.datetime();
const named = z.object({ identity: z.string(), name: z.string(), slug: z.string() });
const ruleContent = z.object({
  identity: z.string(),
  resources: z.array(z.string()),
  resourceIdentities: z.array(z.string()),
  permissions: z.array(z.string()),
  note: z.string(),
});

/** Members that are answered and not written, by name, whatever the object. */
const READ_ONLY: Readonly<Record<string, z.ZodType>> = {
  identity: z.string().describe('TypeID; immutable and never reused'),
  createdAt: time,
  updatedAt: time,
  objectVersion: z.int().min(1).describe('Raised by one with each change; `if-match` compares it'),
  createdBy: z
    .string()
    .describe(
      'The id of the account that created it, or `root`; that account may decide, without `iam:admin`, who acts as it',
    ),
  serviceAccountIdentity: z.string(),
  serviceAccount: named,
  provider: z.object({ identity: z.string(), name: z.string(), providerIssuer: z.string() }),
  role: named,
  organisationRole: named.describe('The same as `role`, as clients of the Thalassa Cloud API call it'),
  roleBindings: z.array(
    z.object({
      identity: z.string(),
      name: z.string(),
      description: z.string(),
      scopes: z.array(z.string()),
      projects: z.array(z.string()),
      role: named,
      organisationRole: named,
      createdAt: time,
      updatedAt: time,
    }),
  ),
  keys: z
    .array(z.object({ kid: z.string().nullable(), alg: z.string().nullable() }))
    .describe('Those of `localJwks`, else of the last fetch; for display'),
  lastFetchedAt: time.nullable(),
  lastFetchError: z.string().nullable(),
  lastUsedAt: time.nullable().describe('Of the last grant, to the minute: it is not written more often'),
  warnings: z
    .array(z.object({ code: z.string(), detail: z.string() }))
    .optional()
    .describe('What was accepted though it may be a mistake; in the answers to writes'),
  accessKey: z.string(),
  isReadOnly: z.boolean(),
  system: z.boolean(),
};

/** Members that are answered in another form than they are written. */
const ANSWERED: Readonly<Record<string, Readonly<Record<string, z.ZodType>>>> = {
  role: { rules: z.array(ruleContent) },
  'role binding': { userIdentity: z.null(), teamIdentity: z.null() },
};

/** An object as it is answered. Throws where a read-only member is not described here. */
export function answerSchema<T extends object>(noun: string, contract: ObjectContract<T>): z.ZodObject {
  const shape: Record<string, z.ZodType> = { identity: z.string() };
  for (const [name, schema] of Object.entries<z.ZodType>(contract.members)) {
    const clears = (contract.nullClears as readonly string[]).includes(name);
    shape[name] = ANSWERED[noun]?.[name] ?? (clears ? schema.nullable() : schema);
  }
  for (const name of contract.readOnly) {
    const schema = READ_ONLY[name];
    if (schema === undefined) throw new Error(`answer-schemas.ts does not describe ${name} of a ${noun}`);
    shape[name] = schema;
  }
  return z.object(shape);
}

const FILTERS: Readonly<Record<Listing['filters'][number], string>> = {
  name: 'Only the one with this name',
  slug: 'Only the one with this slug',
  identity: 'Only the one with this identifier',
  status: 'Only those that read so now',
  serviceAccount: 'Id or slug of a service account',
  provider: 'Id or name of an identity provider',
};

/** The query of a list, but for `matchLabels`, which no schema of one parameter describes. */
export function listQuery({ filters, statuses }: Listing): z.ZodObject {
  const shape: Record<string, z.ZodType> = {};
  for (const name of filters) {
    const schema = name === 'status' && statuses.length > 0 ? z.enum(statuses) : z.string();
    shape[name] = schema.optional().describe(FILTERS[name]);
  }
  return z.object({
    ...shape,
    limit: z.int().min(1).max(MAX_LIST_LIMIT).optional().describe(`${MAX_LIST_LIMIT} where it is absent`),
    cursor: z.string().optional().describe('From the link of an earlier answer'),
  });
}
