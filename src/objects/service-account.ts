// The service account (contract §5.2): who a workload may act as.

import { defineObject, named } from './definition.ts';
import type { InputOf, RecordOf, ViewOf } from './definition.ts';
import { anyText, list, oneOf, shape, timestamp } from './rule.ts';
import { tokensNotBefore } from './tokens-not-before.ts';
import { slug } from './slug.ts';

const { name, ...about } = named;
const role = shape({ identity: anyText, name: anyText, slug: anyText });

export const serviceAccount = defineObject({
  noun: 'service account',
  idPrefix: 'sa',
  path: '/v1/service-accounts',
  example: 'sa_01m7y3kecgf6bvd8pnr2wy8a8b',
  members: {
    name: { ...name, example: 'Deployer' },
    slug,
    ...about,
    status: {
      is: oneOf(['active', 'inactive']),
      default: 'active',
      option: { value: '<status>', help: 'whether it counts' },
    },
    tokensNotBefore,
    createdBy: {
      is: anyText,
      readOnly: true,
      immutable: true,
      shown: true,
      default: 'root',
      description:
        'The id of the account that created it, or `root`; that account may decide, without `iam:admin`, who acts as it',
    },
    roleBindings: {
      is: list(
        shape({
          identity: anyText,
          name: anyText,
          description: anyText,
          scopes: list(anyText),
          projects: list(anyText),
          role,
          organisationRole: role,
          createdAt: timestamp,
          updatedAt: timestamp,
        }),
      ),
      computed: true,
      readOnly: true,
      shown: true,
      default: [],
    },
  },
  joins: {},
});

export type ServiceAccountInput = InputOf<typeof serviceAccount.members>;
export type ServiceAccountRecord = RecordOf<typeof serviceAccount>;
export type ServiceAccountView = ViewOf<typeof serviceAccount>;

/** An account as an exchange knows it. */
export type ServiceAccount = Pick<
  ServiceAccountRecord,
  'id' | 'organisationId' | 'slug' | 'status' | 'tokensNotBefore'
>;
