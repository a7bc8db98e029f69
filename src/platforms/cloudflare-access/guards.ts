// Cloudflare Access as data: issuers, guards, the grammar of `sub` and its risks; no logic.

import type { Preset } from '../preset.ts';

export const cloudflareAccess: Preset = {
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
  subjectGrammar: ['{user uuid} (a person)', '"" (a service token)'],
  stableClaims: ['aud', 'common_name'],
  fixedAudience: '{AUD tag of the application}',
  risks: [
    'sub is empty for every service token: let the provider read common_name as the subject (subjectClaim: common_name).',
    'The audience names the application that Access protects, not this service: whoever operates that application can replay its tokens.',
    'One token is sent with every request of a session: single use would break it.',
    'A person who is removed and added again has a new sub.',
    'Access has no discovery document: set providerJwksUri to {issuer}/cdn-cgi/access/certs.',
  ],
};
