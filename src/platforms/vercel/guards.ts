// Vercel, as the Worker needs it: which issuers are its own, and which of its tokens are refused by default.

import type { Preset } from '../preset.ts';

export const preset: Preset = {
  name: 'vercel',
  title: 'Vercel',
  issuers: ['https://oidc.vercel.com/{team}', 'https://oidc.vercel.com'],
  subjectForms: 'literal',
  jwtSvid: false,
  guards: [],
  // The issuer of a team is its own.
  tenancy: {
    sharedIssuers: ['https://oidc.vercel.com'],
    subjects: ['owner:{tenant}:'],
    isComposed: false,
    tenantClaims: ['owner', 'owner_id', 'project_id'],
  },
  runClaims: [],
  fixedAudience: null,
};
