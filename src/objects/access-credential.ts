// The access credential as the API reads and answers it (contract §5.5); its secret is no member of it.

import { MAX_SCOPES } from './limits.ts';
import { scope } from './federated-identity.ts';
import type { ObjectContract, ObjectView } from './object.ts';
import { annotations, description, labels, list, objectName, timestamp } from './values.ts';
import type { StringMap } from './values.ts';

/** What a caller may write. */
export interface AccessCredentialInput {
  readonly name?: string;
  readonly description?: string;
  readonly labels?: StringMap;
  readonly annotations?: StringMap;
  readonly scopes?: readonly string[];
  readonly expiresAt?: string;
}

/** What the API answers; the answer to its creation, and no other, has `accessSecret` too. */
export interface AccessCredentialView extends ObjectView {
  readonly serviceAccountIdentity: string;
  readonly accessKey: string;
  readonly scopes: readonly string[];
  readonly expiresAt: string;
  readonly lastUsedAt: string | null;
}

export const accessCredentialContract: ObjectContract<AccessCredentialInput> = {
  members: {
    name: objectName,
    description,
    labels,
    annotations,
    scopes: list(scope, MAX_SCOPES).describe('Scopes a token may carry; an empty list is none'),
    expiresAt: timestamp.describe('At most 400 days from now'),
  },
  required: ['expiresAt'],
  immutable: [],
  nullIsAbsent: ['description', 'labels', 'annotations', 'scopes'],
  nullClears: [],
  readOnly: [
    'identity',
    'createdAt',
    'updatedAt',
    'objectVersion',
    'serviceAccountIdentity',
    'accessKey',
    'lastUsedAt',
  ],
};
