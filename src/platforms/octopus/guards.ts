// Octopus Deploy, as the Worker needs it: which issuers are its own, and which of its tokens are refused by default.

import type { Preset } from '../preset.ts';

export const preset: Preset = {
  name: 'octopus',
  title: 'Octopus Deploy',
  // A self-hosted server is registered with `preset: octopus`.
  issuers: ['https://{instance}.octopus.app'],
  subjectForms: 'literal',
  jwtSvid: false,
  guards: [],
  tenancy: null,
  runClaims: [],
  fixedAudience: null,
};
