// SPIFFE JWT-SVIDs, as the Worker needs it: which issuers are its own, and which of its tokens are refused by default.

import type { Preset } from '../preset.ts';

export const preset: Preset = {
  name: 'spiffe',
  title: 'SPIFFE JWT-SVID',
  // Never detected for https issuers, since this preset accepts tokens without iat and kid.
  issuers: ['spiffe://{trustDomain}'],
  subjectForms: 'literal',
  jwtSvid: true,
  guards: [],
  tenancy: null,
  runClaims: [],
  fixedAudience: null,
};
