// The organisation as the API reads and answers it (contract §5.9).

import type { ObjectContract, ObjectView } from './object.ts';
import { annotations, description, labels, objectName, slug } from './values.ts';
import type { StringMap } from './values.ts';

/** What a caller may write. */
export interface OrganisationInput {
  readonly name?: string;
  /** Made from the name where it is absent; a new name does not change it, because callers may use it. */
  readonly slug?: string;
  readonly description?: string;
  readonly labels?: StringMap;
  readonly annotations?: StringMap;
}

/** What the API answers. */
export interface OrganisationView extends ObjectView {
  readonly slug: string;
}

export const organisationContract: ObjectContract<OrganisationInput> = {
  members: { name: objectName, slug, description, labels, annotations },
  required: ['name'],
  immutable: [],
  nullIsAbsent: ['description', 'labels', 'annotations'],
  nullClears: [],
  readOnly: ['identity', 'createdAt', 'updatedAt', 'objectVersion'],
};
