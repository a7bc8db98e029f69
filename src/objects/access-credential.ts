// The access credential (contract §5.5), for systems that cannot get an ID token; its secret is no member of it.

import { defineObject, named } from './definition.ts';
import type { InputOf, RecordOf } from './definition.ts';
import { anyText, identifier, timestamp } from './rule.ts';
import { distinctScopes } from './scopes.ts';

export const accessCredential = defineObject({
  noun: 'access credential',
  idPrefix: 'cred',
  path: '/v1/service-accounts/{id}/access-credentials',
  example: 'cred_01m7y3km31f6bve4w9a2mvw6f7',
  members: {
    name: {
      is: named.name.is,
      default: (_written: object, unused: string): string => unused,
      description: 'Unique among the credentials of the account',
      example: 'legacy system',
    },
    description: named.description,
    labels: named.labels,
    annotations: named.annotations,
    scopes: {
      is: distinctScopes,
      null: 'absent',
      default: [],
      description: 'Scopes a token may carry; an empty list is none',
      example: ['api:read'],
    },
    expiresAt: {
      is: timestamp,
      null: 'absent',
      description: 'At most 400 days from now; 90 days if it is absent',
      example: '2027-12-31T00:00:00Z',
    },
    // Set when one that has expired gets a later end: tokens that ended with it stay ended.
    tokensNotBefore: { is: timestamp, hidden: true, follows: true, null: 'unset', default: null },
    serviceAccountIdentity: {
      is: identifier('sa'),
      column: 'service_account_id',
      readOnly: true,
      immutable: true,
      description: 'Whose it is',
    },
    accessKey: {
      is: anyText,
      readOnly: true,
      immutable: true,
      description: 'The `client_id` that goes with the secret',
      example: 'cbk_m3Jx0o7kQ2mK1Zt8yB4cVQ',
    },
    lastUsedAt: {
      is: timestamp,
      readOnly: true,
      null: 'unset',
      default: null,
      description: 'Of the last grant, to the minute: it is not written more often',
    },
  },
  joins: {},
});

export type AccessCredentialInput = InputOf<typeof accessCredential.members>;
export type AccessCredentialRecord = RecordOf<typeof accessCredential>;
