// Scalr for people: the shapes of `sub`, the claims that survive renames, and what can go wrong.

import type { PlatformFacts } from '../facts.ts';

export const facts: PlatformFacts = {
  subjectGrammar: ['account:{account}:environment:{environment}:workspace:{workspace}'],
  stableClaims: [],
  risks: [
    'One issuer serves all accounts: a rule without the account trusts every customer.',
    'There are names only, and all of them can change.',
    'Wildcards inside a name (prod*) also match names that others may create.',
  ],
};
