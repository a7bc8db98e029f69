// Octopus Deploy for people: the shapes of `sub`, the claims that survive renames, and what can go wrong.

import type { PlatformFacts } from '../facts.ts';

export const facts: PlatformFacts = {
  subjectGrammar: [
    'space:{slug}:project:{slug}:environment:{slug}',
    'space:{slug}:project:{slug}:tenant:{slug}:environment:{slug}',
    'space:{slug}:target:{slug} (health check)',
    'space:{slug}:account:{slug} (account test)',
  ],
  stableClaims: [],
  risks: [
    'Health checks and account tests come from the same issuer with shorter subjects: never end a subject after the space.',
    'Parts that are unused disappear from sub, so one account has subjects of several shapes.',
    'There are slugs only, and all of them can be edited.',
  ],
};
