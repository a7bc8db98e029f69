// SPIFFE JWT-SVIDs for people: the shapes of `sub`, the claims that survive renames, and what can go wrong.

import type { PlatformFacts } from '../facts.ts';

export const facts: PlatformFacts = {
  subjectGrammar: ['spiffe://{trust-domain}/{path}'],
  stableClaims: ['sub'],
  risks: [
    'iss may be missing: the trust domain of sub then selects the provider.',
    'kid may be missing: every key of a fitting type is tried, up to a small number.',
    'A path prefix has to end at a slash: spiffe://example.org/ns/prod* also means /ns/production.',
    'A token with several audiences can be replayed at each of them.',
    'jti is only there if the server was told to add it.',
  ],
};
