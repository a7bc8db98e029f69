// Pulumi Cloud, as the Worker needs it: which issuers are its own, and which of its tokens are refused by default.

import type { Preset } from '../preset.ts';

export const preset: Preset = {
  name: 'pulumi',
  title: 'Pulumi Cloud',
  issuers: ['https://api.pulumi.com/oidc'],
  subjectForms: 'literal',
  jwtSvid: false,
  guards: [],
  tenancy: {
    sharedIssuers: ['https://api.pulumi.com/oidc'],
    subjects: ['pulumi:deploy:org:{tenant}:', 'pulumi:environments:org:{tenant}:'],
    isComposed: false,
    tenantClaims: ['org', 'stackId'],
  },
  runClaims: ['deployment'],
  fixedAudience: '{organization} (Deployments), {aws|azure|gcp}:{organization} (ESC)',
};
