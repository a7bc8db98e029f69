// Any other OIDC issuer, as the Worker needs it: which issuers are its own, and which of its tokens are refused by default.

import type { Preset } from '../preset.ts';

export const preset: Preset = {
  name: 'generic',
  title: 'Any OIDC issuer',
  issuers: [],
  subjectForms: 'literal',
  jwtSvid: false,
  guards: [],
  tenancy: null,
  runClaims: ['at_hash', 'auth_time', 'c_hash', 'nonce', 'sid'],
  fixedAudience: null,
};
