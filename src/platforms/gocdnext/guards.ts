// gocdnext, as the Worker needs it: which issuers are its own, and which of its tokens are refused by default.

import type { Preset } from '../preset.ts';

export const preset: Preset = {
  name: 'gocdnext',
  title: 'gocdnext',
  // The issuer is the bare address of the server: registered with `preset: gocdnext`.
  issuers: [],
  subjectForms: 'literal',
  jwtSvid: false,
  guards: [],
  tenancy: null,
  runClaims: ['run_id', 'run_counter'],
  fixedAudience: null,
};
