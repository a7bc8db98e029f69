// The role and its rules as the API reads and answers them (contract §5.4).

import * as z from 'zod';

import { MAX_DESCRIPTION_CHARS, MAX_RESOURCE_CHARS, MAX_RULE_RESOURCES, MAX_RULES_PER_ROLE } from './limits.ts';
import type { ObjectContract, ObjectView } from './object.ts';
import { annotations, description, labels, line, list, objectName, oneOf, slug, text } from './values.ts';
import type { StringMap } from './values.ts';

export const PERMISSIONS = ['create', 'read', 'update', 'delete', 'list', '*'] as const;

/** What a rule says; `resourceIdentities` empty or absent means every one of the resources. */
export interface RoleRuleInput {
  readonly resources?: readonly string[];
  readonly resourceIdentities?: readonly string[];
  readonly permissions?: readonly (typeof PERMISSIONS)[number][];
  readonly note?: string;
}

export interface RoleRuleContentView {
  readonly identity: string;
  readonly resources: readonly string[];
  readonly resourceIdentities: readonly string[];
  readonly permissions: readonly string[];
  readonly note: string;
}

/** What the API answers; a rule has neither a name nor labels. */
export interface RoleRuleView extends RoleRuleContentView {
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly objectVersion: number;
}

/** What a caller may write. */
export interface RoleInput {
  readonly name?: string;
  /** Made from the name where it is absent; a new name does not change it, because tokens carry it. */
  readonly slug?: string;
  readonly description?: string;
  readonly labels?: StringMap;
  readonly annotations?: StringMap;
  /** Those that a new role starts with; later they are objects of their own. */
  readonly rules?: readonly RoleRuleInput[];
}

/** What the API answers. */
export interface RoleView extends ObjectView {
  readonly slug: string;
  readonly rules: readonly RoleRuleContentView[];
  readonly isReadOnly: boolean;
  readonly system: boolean;
}

const resources = list(line(1, MAX_RESOURCE_CHARS), MAX_RULE_RESOURCES).refine(
  (values) => values.length > 0,
  'must name at least one resource; "*" is every resource',
);
const permissions = list(oneOf(PERMISSIONS), PERMISSIONS.length).refine(
  (values) => values.length > 0,
  `must name at least one of ${PERMISSIONS.join(', ')}`,
);
const resourceIdentities = list(line(1, MAX_RESOURCE_CHARS), MAX_RULE_RESOURCES);
const note = text(0, MAX_DESCRIPTION_CHARS);

export const roleRuleContract: ObjectContract<RoleRuleInput> = {
  members: {
    resources: resources.describe(
      'Kinds of resources, as the API that receives the token names them; `*` is every kind',
    ),
    resourceIdentities: resourceIdentities.describe('Only these resources; an empty list is every one of that kind'),
    permissions: permissions.describe('What may be done with them'),
    note: note.describe('Why the rule is there'),
  },
  required: ['resources', 'permissions'],
  immutable: [],
  nullIsAbsent: ['resourceIdentities', 'note'],
  nullClears: [],
  readOnly: ['identity', 'createdAt', 'updatedAt', 'objectVersion'],
};

const newRule: z.ZodType<RoleRuleInput> = z
  .strictObject(
    { resources, resourceIdentities: resourceIdentities.nullish(), permissions, note: note.nullish() },
    'must be a rule such as {"resources": ["*"], "permissions": ["read"]}',
  )
  .transform(({ resourceIdentities: identities, note: why, ...rule }) => ({
    ...rule,
    resourceIdentities: identities ?? [],
    note: why ?? '',
  }));

export const roleContract: ObjectContract<RoleInput> = {
  members: {
    name: objectName,
    slug: slug.describe('What tokens carry; made from the name where it is absent'),
    description,
    labels,
    annotations,
    rules: list(newRule, MAX_RULES_PER_ROLE).describe('The rules that a new role starts with'),
  },
  required: ['name'],
  immutable: ['rules'],
  elsewhere: { rules: 'change the rules under /v1/iam/roles/{id}/rules' },
  nullIsAbsent: ['description', 'labels', 'annotations', 'rules'],
  nullClears: [],
  readOnly: ['identity', 'createdAt', 'updatedAt', 'objectVersion', 'isReadOnly', 'system'],
};
