// Google service account, as the Worker needs it: which issuers are its own, and which of its tokens are refused by default.

import type { Preset } from '../preset.ts';

export const preset: Preset = {
  name: 'google',
  title: 'Google service account',
  issuers: ['https://accounts.google.com'],
  subjectForms: 'literal',
  jwtSvid: false,
  guards: [
    {
      kind: 'allowOnly',
      claim: 'email_verified',
      values: [true],
      liftedBy: 'email_verified',
      why: 'Whoever opens a Google account under a foreign address has that address in email until it is verified.',
    },
  ],
  // It signs the login of every Google user, too.
  tenancy: {
    // Google's ID tokens may name either.
    sharedIssuers: ['https://accounts.google.com', 'accounts.google.com'],
    subjects: ['{number}'],
    isComposed: false,
    tenantClaims: ['email', 'hd', '/google/compute_engine/project_id', '/google/compute_engine/project_number'],
  },
  runClaims: ['/google/compute_engine/instance_creation_timestamp'],
  fixedAudience: null,
};
