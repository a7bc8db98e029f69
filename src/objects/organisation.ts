// The organisation (contract §5.9): a tenant of the deployment.

import { defineObject, named } from './definition.ts';
import type { InputOf, RecordOf } from './definition.ts';
import { MAX_AUDIENCE_CHARS, MAX_RESERVED_AUDIENCES } from './limits.ts';
import { line, list } from './rule.ts';
import { slug } from './slug.ts';

/** The deployment's own organisation, as schema.sql creates it; neither its id nor its slug ever changes. */
export const DEFAULT_ORGANISATION_ID = 'org_00000000000000000000000000';

const { name, ...about } = named;

export const organisation = defineObject({
  noun: 'organisation',
  idPrefix: 'org',
  path: '/v1/organisations',
  example: 'org_01m7y3kmpyf6bve7z0b4nxy8g9',
  members: {
    name: { ...name, example: 'Acme' },
    slug,
    ...about,
    reservedAudiences: {
      is: list(line(1, MAX_AUDIENCE_CHARS), MAX_RESERVED_AUDIENCES),
      default: [],
      description:
        'Token audiences that no other organisation can use: exact values, or prefixes that end in `*`. Others are refused such an audience when they write it and when they ask for it',
      example: ['https://api.acme.example*'],
    },
  },
  joins: {},
});

export type OrganisationInput = InputOf<typeof organisation.members>;
/** An organisation as whoever manages the deployment keeps it: `organisationId` is always that of `default`. */
export type OrganisationRecord = RecordOf<typeof organisation>;

/** An organisation as an exchange knows it. */
export type Organisation = Pick<OrganisationRecord, 'id' | 'slug'>;
