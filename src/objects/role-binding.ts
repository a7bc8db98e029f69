// The role binding as the API reads and answers it (contract §5.4).

import * as z from 'zod';

import { MAX_BINDING_PROJECTS, MAX_PROJECT_CHARS, MAX_SCOPES } from './limits.ts';
import { scope } from './federated-identity.ts';
import type { ObjectContract, ObjectView } from './object.ts';
import { annotations, description, identifier, labels, list, objectName, text } from './values.ts';
import type { StringMap } from './values.ts';

/** What a caller may write. */
export interface RoleBindingInput {
  readonly name?: string;
  readonly description?: string;
  readonly labels?: StringMap;
  readonly annotations?: StringMap;
  readonly serviceAccountIdentity?: string;
  /** Never read as anything but null. */
  readonly userIdentity?: string;
  readonly teamIdentity?: string;
  readonly scopes?: readonly string[];
  readonly projects?: readonly string[];
}

/** What the API answers. */
export interface RoleBindingView extends ObjectView {
  readonly role: { readonly identity: string; readonly name: string; readonly slug: string };
  /** The same as `role`, under the name that clients of the Thalassa Cloud API read. */
  readonly organisationRole: RoleBindingView['role'];
  readonly serviceAccountIdentity: string;
  readonly serviceAccount: { readonly identity: string; readonly name: string; readonly slug: string };
  readonly userIdentity: null;
  readonly teamIdentity: null;
  readonly scopes: readonly string[];
  readonly projects: readonly string[];
}

const ONLY_ACCOUNTS = 'must be null: a role is bound to a service account, given as serviceAccountIdentity';
const onlyAccounts = z
  .string(ONLY_ACCOUNTS)
  .refine(() => false, ONLY_ACCOUNTS)
  .describe('Only null, for clients that send it');
/** As `project_id` may be (contract §3). */
const project = text(1, MAX_PROJECT_CHARS).regex(/^[\x21-\x7e]+$/, 'must be visible ASCII without spaces');

export const roleBindingContract: ObjectContract<RoleBindingInput> = {
  members: {
    name: objectName,
    description,
    labels,
    annotations,
    serviceAccountIdentity: identifier('sa').describe('Who gets the role'),
    userIdentity: onlyAccounts,
    teamIdentity: onlyAccounts,
    scopes: list(scope, MAX_SCOPES).describe(
      'The binding counts only for tokens that carry at least one of these scopes; an empty list is every token',
    ),
    projects: list(project, MAX_BINDING_PROJECTS).describe(
      'The binding counts only for tokens of one of these projects; an empty list is the whole organisation',
    ),
  },
  required: ['serviceAccountIdentity'],
  immutable: ['serviceAccountIdentity'],
  nullIsAbsent: ['description', 'labels', 'annotations', 'userIdentity', 'teamIdentity', 'scopes', 'projects'],
  nullClears: [],
  readOnly: ['identity', 'createdAt', 'updatedAt', 'objectVersion', 'role', 'organisationRole', 'serviceAccount'],
};
