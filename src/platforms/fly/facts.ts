// Fly.io for people: the shapes of `sub`, the claims that survive renames, and what can go wrong.

import type { PlatformFacts } from '../facts.ts';

export const facts: PlatformFacts = {
  subjectGrammar: ['{org}:{app}:{machine}'],
  stableClaims: ['org_id', 'app_id'],
  risks: [
    'The machine is part of sub: match it with a glob and bind org_id and app_id.',
    'Whatever runs in the machine can ask for a token.',
    'image is a tag that can move; only image_digest pins the code.',
  ],
};
