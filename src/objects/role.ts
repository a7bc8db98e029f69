// The role and its rules (contract §5.4): what an account is, to the APIs that receive its tokens.

import { defineObject, named } from './definition.ts';
import type { RecordOf, ViewOf } from './definition.ts';
import { MAX_DESCRIPTION_CHARS, MAX_RESOURCE_CHARS, MAX_RULE_RESOURCES, MAX_RULES_PER_ROLE } from './limits.ts';
import { flag, identifier, line, list, oneOf, text } from './rule.ts';
import type { NestedRule } from './rule.ts';
import { slug } from './slug.ts';

const PERMISSIONS = ['create', 'read', 'update', 'delete', 'list', '*'] as const;

/** What a rule says. */
const ruleContent = {
  resources: {
    is: list(line(1, MAX_RESOURCE_CHARS), MAX_RULE_RESOURCES, {
      empty: 'must name at least one resource; "*" is every resource',
    }),
    required: true,
    description: 'Kinds of resources, as the API that receives the token names them; `*` is every kind',
    example: ['deployment'],
  },
  resourceIdentities: {
    is: list(line(1, MAX_RESOURCE_CHARS), MAX_RULE_RESOURCES),
    null: 'absent',
    default: [],
    description: 'Only these resources; an empty list is every one of that kind',
  },
  permissions: {
    is: list(oneOf(PERMISSIONS), PERMISSIONS.length, { empty: `must name at least one of ${PERMISSIONS.join(', ')}` }),
    required: true,
    description: 'What may be done with them',
    example: ['create', 'read'],
  },
  note: { is: text(0, MAX_DESCRIPTION_CHARS), null: 'absent', default: '', description: 'Why the rule is there' },
} as const;

const nestedRule: NestedRule<typeof ruleContent> = {
  kind: 'nested',
  members: ruleContent,
  must: 'must be a rule such as {"resources": ["*"], "permissions": ["read"]}',
};

const { name, ...about } = named;

export const role = defineObject({
  noun: 'role',
  idPrefix: 'role',
  path: '/v1/iam/roles',
  example: 'role_01m7y3kj9mf6bvdt0v3x6pn4c5',
  members: {
    name: { ...name, example: 'Deployments' },
    slug: { ...slug, description: 'What tokens carry; made from the name if it is absent' },
    ...about,
    rules: {
      is: list(nestedRule, MAX_RULES_PER_ROLE),
      computed: true,
      null: 'absent',
      immutable: 'change the rules under /v1/iam/roles/{id}/rules',
      description: 'The rules that a new role starts with',
      example: [{ resources: ['deployment'], permissions: ['create', 'read'] }],
    },
    isReadOnly: { is: flag, readOnly: true, immutable: true, default: false, description: 'Nobody can change it' },
    system: {
      is: flag,
      readOnly: true,
      immutable: true,
      default: false,
      description: 'It came with the deployment',
    },
  },
  joins: {},
});

export type RoleRecord = RecordOf<typeof role>;
export type RoleView = ViewOf<typeof role>;

export const roleRule = defineObject({
  noun: 'rule',
  idPrefix: 'rule',
  path: '/v1/iam/roles/{id}/rules',
  example: 'rule_01m7y3kjw2f6bvdx3n5y7qr8d9',
  members: { roleId: { is: identifier('role'), hidden: true }, ...ruleContent },
  joins: { role: { by: 'roleId', object: role, reads: ['isReadOnly', 'system'], answers: [], shown: true } },
});

export type RoleRuleRecord = RecordOf<typeof roleRule>;
