// Vercel, as the Worker needs it: which issuers are its own, and which of its tokens are refused by default.

import type { Preset } from '../preset.ts';

export const preset: Preset = {
  name: 'vercel',
  title: 'Vercel',
  issuers: ['https://oidc.vercel.com/{team}', 'https://oidc.vercel.com'],
  subjectForms: 'literal',
  jwtSvid: false,
  guards: [],
  fixedAudience: null,
};
