// The service account as the API reads and answers it (contract §5.2).

import type { JsonValue } from '../token/json.ts';
import type { ObjectContract, ObjectView } from './object.ts';
import { annotations, description, labels, objectName, oneOf, slug } from './values.ts';
import type { StringMap } from './values.ts';

export const SERVICE_ACCOUNT_STATUSES = ['active', 'inactive'] as const;

/** What a caller may write. */
export interface ServiceAccountInput {
  readonly name?: string;
  /** Made from the name where it is absent; a new name does not change it, because callers may use it. */
  readonly slug?: string;
  readonly description?: string;
  readonly labels?: StringMap;
  readonly annotations?: StringMap;
  readonly status?: (typeof SERVICE_ACCOUNT_STATUSES)[number];
}

/** What the API answers. */
export interface ServiceAccountView extends ObjectView {
  readonly slug: string;
  readonly status: (typeof SERVICE_ACCOUNT_STATUSES)[number];
  /** The id of the account that created it, or `root`: who may decide, without `iam:admin`, who acts as it. */
  readonly createdBy: string;
  readonly roleBindings: readonly JsonValue[];
}

export const serviceAccountContract: ObjectContract<ServiceAccountInput> = {
  members: { name: objectName, slug, description, labels, annotations, status: oneOf(SERVICE_ACCOUNT_STATUSES) },
  required: ['name'],
  immutable: [],
  nullIsAbsent: ['description', 'labels', 'annotations'],
  nullClears: [],
  readOnly: ['identity', 'createdAt', 'updatedAt', 'objectVersion', 'createdBy', 'roleBindings'],
};
