// AWS (outbound web identity), as the Worker needs it: which issuers are its own, and which of its tokens are refused by default.

import type { Preset } from '../preset.ts';

export const preset: Preset = {
  name: 'aws',
  title: 'AWS (outbound web identity)',
  issuers: ['https://{id}.tokens.sts.global.api.aws'],
  subjectForms: 'literal',
  jwtSvid: false,
  guards: [],
  tenancy: null,
  runClaims: [],
  fixedAudience: null,
};
