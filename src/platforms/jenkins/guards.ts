// Jenkins (OpenID Connect Provider plugin), as the Worker needs it: which issuers are its own, and which of its tokens are refused by default.

import type { Preset } from '../preset.ts';

export const preset: Preset = {
  name: 'jenkins',
  title: 'Jenkins (OpenID Connect Provider plugin)',
  // Other hosts and prefixes are registered with `preset: jenkins`: `/oidc` alone is the path of many products.
  issuers: [
    'https://jenkins.{domain}/oidc',
    'https://{host}/oidc/job/{folder}',
    'https://{host}/oidc/job/{folder}/job/{subfolder}',
  ],
  subjectForms: 'literal',
  jwtSvid: false,
  guards: [],
  tenancy: null,
  runClaims: ['build_number'],
  fixedAudience: null,
};
