// Codefresh, as the Worker needs it: which issuers are its own, and which of its tokens are refused by default.

import type { Preset } from '../preset.ts';

export const preset: Preset = {
  name: 'codefresh',
  title: 'Codefresh',
  issuers: ['https://oidc.codefresh.io'],
  subjectForms: 'literal',
  jwtSvid: false,
  guards: [],
  fixedAudience: null,
};
