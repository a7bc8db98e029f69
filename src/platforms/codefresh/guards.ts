// Codefresh, as the Worker needs it: which issuers are its own, and which of its tokens are refused by default.

import type { Preset } from '../preset.ts';

export const preset: Preset = {
  name: 'codefresh',
  title: 'Codefresh',
  issuers: ['https://oidc.codefresh.io'],
  subjectForms: 'literal',
  jwtSvid: false,
  guards: [],
  tenancy: {
    sharedIssuers: ['https://oidc.codefresh.io'],
    subjects: ['account:{tenant}:'],
    isComposed: false,
    tenantClaims: ['account_id', 'account_name', 'pipeline_id'],
  },
  runClaims: ['workflow_id'],
  fixedAudience: null,
};
