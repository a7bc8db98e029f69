// Google service account as data: issuers, guards, the grammar of `sub` and its risks; no logic.

import type { Preset } from '../preset.ts';

export const google: Preset = {
  name: 'google',
  title: 'Google service account',
  issuers: ['https://accounts.google.com'],
  subjectForms: 'literal',
  jwtSvid: false,
  guards: [
    {
      kind: 'allowOnly',
      claim: 'email_verified',
      values: [true],
      liftedBy: 'email_verified',
      why: 'Whoever opens a Google account under a foreign address has that address in email until it is verified.',
    },
  ],
  subjectGrammar: ['{numeric unique id}'],
  stableClaims: ['sub', '/google/compute_engine/project_number', '/google/compute_engine/instance_id'],
  fixedAudience: null,
  risks: [
    'The issuer also signs the login of every Google user: bind sub, never the audience alone.',
    'An email is reused when an account is deleted and created again; sub is not.',
    'Whoever runs code on the machine gets its token, and the default compute account is shared by all machines of a project.',
    'Neither jti nor nbf, and the metadata server caches: single use does not work in practice.',
    'project_number is a number, instance_id a string.',
  ],
};
