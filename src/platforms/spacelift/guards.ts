// Spacelift, as the Worker needs it: which issuers are its own, and which of its tokens are refused by default.

import type { Preset } from '../preset.ts';

export const preset: Preset = {
  name: 'spacelift',
  title: 'Spacelift',
  // A self-hosted issuer is registered with `preset: spacelift`.
  issuers: ['https://{account}.app.spacelift.io'],
  subjectForms: 'literal',
  jwtSvid: false,
  guards: [],
  tenancy: null,
  runClaims: ['runId'],
  fixedAudience: '{account}.app.spacelift.io',
};
