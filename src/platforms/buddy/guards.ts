// Buddy, as the Worker needs it: which issuers are its own, and which of its tokens are refused by default.

import type { Preset } from '../preset.ts';

export const preset: Preset = {
  name: 'buddy',
  title: 'Buddy',
  issuers: [
    'https://oidc.buddyusercontent.com',
    'https://eu-oidc.buddyusercontent.com',
    'https://asia-oidc.buddyusercontent.com',
  ],
  subjectForms: 'literal',
  jwtSvid: false,
  guards: [],
  tenancy: {
    sharedIssuers: [
      'https://oidc.buddyusercontent.com',
      'https://eu-oidc.buddyusercontent.com',
      'https://asia-oidc.buddyusercontent.com',
    ],
    subjects: ['https://{host}/{tenant}/'],
    isComposed: false,
    tenantClaims: ['workspace_domain', 'pipeline_id'],
  },
  runClaims: ['execution_id', 'triggered_on'],
  fixedAudience: null,
};
