// Cloudflare Access for people: the shapes of `sub`, the claims that survive renames, and what can go wrong.

import type { PlatformFacts } from '../facts.ts';

export const facts: PlatformFacts = {
  subjectGrammar: ['{user uuid} (a person)', '"" (a service token)'],
  stableClaims: ['aud', 'common_name'],
  risks: [
    'sub is empty for every service token: let the provider read common_name as the subject (subjectClaim: common_name).',
    'The audience names the application that Access protects, not this service: whoever operates that application can replay its tokens.',
    'One token is sent with every request of a session: single use would break it.',
    'A person who is removed and added again has a new sub.',
    'Access has no discovery document: set providerJwksUri to {issuer}/cdn-cgi/access/certs.',
  ],
};
