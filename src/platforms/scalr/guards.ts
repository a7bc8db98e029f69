// Scalr, as the Worker needs it: which issuers are its own, and which of its tokens are refused by default.

import type { Preset } from '../preset.ts';

export const preset: Preset = {
  name: 'scalr',
  title: 'Scalr',
  issuers: ['https://scalr.io'],
  subjectForms: 'literal',
  jwtSvid: false,
  guards: [],
  // No claim but sub is documented.
  tenancy: {
    sharedIssuers: ['https://scalr.io'],
    subjects: ['account:{tenant}:'],
    isComposed: false,
    tenantClaims: [],
  },
  runClaims: [],
  fixedAudience: null,
};
