// Cloudflare Access, as the Worker needs it: which issuers are its own, and which of its tokens are refused by default.

import type { Preset } from '../preset.ts';

export const preset: Preset = {
  name: 'cloudflare-access',
  title: 'Cloudflare Access',
  // A custom domain is registered with `preset: cloudflare-access`.
  issuers: ['https://{team}.cloudflareaccess.com'],
  subjectForms: 'literal',
  jwtSvid: false,
  guards: [
    {
      kind: 'allowOnly',
      claim: 'type',
      values: ['app'],
      liftedBy: 'type',
      why: 'A token of type "org" is the global session of a person, good for every application, and was not made for this one.',
    },
  ],
  tenancy: null,
  runClaims: ['identity_nonce'],
  fixedAudience: '{AUD tag of the application}',
};
