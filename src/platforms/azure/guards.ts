// Azure managed identity (Entra ID), as the Worker needs it: which issuers are its own, and which of its tokens are refused by default.

import type { Preset } from '../preset.ts';

export const preset: Preset = {
  name: 'azure',
  title: 'Azure managed identity (Entra ID)',
  issuers: ['https://sts.windows.net/{tenant}/', 'https://login.microsoftonline.com/{tenant}/v2.0'],
  subjectForms: 'literal',
  jwtSvid: false,
  guards: [
    {
      kind: 'allowOnly',
      claim: 'idtyp',
      values: ['app'],
      liftedBy: 'idtyp',
      why: 'A person who signs in to the same application gets a token of the same audience, whose idtyp is not "app".',
    },
  ],
  fixedAudience: null,
};
