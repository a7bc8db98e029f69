// Any other OIDC issuer for people: the shapes of `sub`, the claims that survive renames, and what can go wrong.

import type { PlatformFacts } from '../facts.ts';

export const facts: PlatformFacts = {
  subjectGrammar: ['{sub}'],
  stableClaims: [],
  risks: [
    'Find out whether people, pull requests or forks can get a token with the same sub, and bind a claim that tells them apart.',
    'An issuer shared by many customers proves nothing about which one: bind the customer.',
  ],
};
