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
  // The tenant of everybody with a personal Microsoft account; every other one is somebody's own.
  tenancy: {
    sharedIssuers: [
      'https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0',
      'https://sts.windows.net/9188040d-6c67-4c5b-b112-36a304b66dad/',
    ],
    subjects: ['{tenant}'],
    isComposed: false,
    tenantClaims: ['oid'],
  },
  runClaims: ['aio', 'rh', 'uti'],
  fixedAudience: null,
};
