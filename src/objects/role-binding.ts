// The role binding (contract §5.4): who holds a role, in which projects and under which scopes.

import { defineObject, named } from './definition.ts';
import type { RecordOf, ViewOf } from './definition.ts';
import { MAX_BINDING_PROJECTS, MAX_PROJECT_CHARS } from './limits.ts';
import { role } from './role.ts';
import { identifier, list, textLike } from './rule.ts';
import type { NothingRule } from './rule.ts';
import { distinctScopes } from './scopes.ts';
import { serviceAccount } from './service-account.ts';

const onlyAccounts: NothingRule = {
  kind: 'nothing',
  must: 'must be null: a role is bound to a service account, given as serviceAccountIdentity',
};
const noOtherHolder = { is: onlyAccounts, null: 'absent', description: 'Only null, for clients that send it' } as const;
/** As `project_id` may be (contract §3). */
const project = textLike(1, MAX_PROJECT_CHARS, /^[\x21-\x7e]+$/, 'must be visible ASCII without spaces');

export const roleBinding = defineObject({
  noun: 'role binding',
  idPrefix: 'bind',
  path: '/v1/iam/roles/{id}/bindings',
  example: 'bind_01m7y3kkf8f6bve1r6z8kst2e3',
  members: {
    name: {
      is: named.name.is,
      default: (_written: object, unused: string): string => unused,
      description: 'Unique among the bindings of the role',
      example: 'deployer of shop',
    },
    description: named.description,
    labels: named.labels,
    annotations: named.annotations,
    roleId: { is: identifier('role'), hidden: true },
    serviceAccountIdentity: {
      is: identifier('sa'),
      column: 'service_account_id',
      required: true,
      immutable: true,
      description: 'Who gets the role',
    },
    userIdentity: noOtherHolder,
    teamIdentity: noOtherHolder,
    scopes: {
      is: distinctScopes,
      null: 'absent',
      default: [],
      description:
        'The binding counts only for tokens that carry at least one of these scopes; an empty list is every token',
    },
    projects: {
      is: list(project, MAX_BINDING_PROJECTS, { unique: true }),
      null: 'absent',
      default: [],
      description:
        'The binding counts only for tokens of one of these projects; an empty list is the whole organisation',
      example: ['shop'],
    },
  },
  joins: {
    // Clients of the Thalassa Cloud API read it as organisationRole.
    role: {
      by: 'roleId',
      object: role,
      reads: ['name', 'slug'],
      answers: ['name', 'slug'],
      alsoAs: ['organisationRole'],
    },
    serviceAccount: {
      by: 'serviceAccountIdentity',
      object: serviceAccount,
      reads: ['name', 'slug'],
      answers: ['name', 'slug'],
      filter: { member: 'slug', help: 'of this service account, by id or slug' },
    },
  },
});

export type RoleBindingRecord = RecordOf<typeof roleBinding>;
export type RoleBindingView = ViewOf<typeof roleBinding>;

/** How far a binding reaches: everywhere, or only in some projects, or only for tokens that carry one of some scopes. */
export interface BindingReach {
  /** Empty means the whole organisation. */
  readonly projects: readonly string[];
  /** Empty means whatever the token's scopes are. */
  readonly scopes: readonly string[];
}

/** A role that an account holds through one binding. */
export interface HeldRole extends BindingReach {
  readonly serviceAccountId: string;
  readonly roleSlug: string;
}
