// Fly.io, as the Worker needs it: which issuers are its own, and which of its tokens are refused by default.

import type { Preset } from '../preset.ts';

export const preset: Preset = {
  name: 'fly',
  title: 'Fly.io',
  issuers: ['https://oidc.fly.io/{org}'],
  subjectForms: 'literal',
  jwtSvid: false,
  guards: [],
  // The organisation is in the issuer by its slug alone, which somebody else can take after it was renamed.
  tenancy: {
    sharedIssuers: ['https://oidc.fly.io/{org}'],
    subjects: ['{tenant}:'],
    isComposed: false,
    tenantClaims: ['org_id', 'org_name', 'app_id', 'app_name'],
  },
  runClaims: ['machine_id', 'machine_name', 'machine_version'],
  fixedAudience: null,
};
