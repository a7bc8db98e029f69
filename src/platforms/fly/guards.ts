// Fly.io, as the Worker needs it: which issuers are its own, and which of its tokens are refused by default.

import type { Preset } from '../preset.ts';

export const preset: Preset = {
  name: 'fly',
  title: 'Fly.io',
  issuers: ['https://oidc.fly.io/{org}'],
  subjectForms: 'literal',
  jwtSvid: false,
  guards: [],
  fixedAudience: null,
};
