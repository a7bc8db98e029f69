// Vercel for people: the shapes of `sub`, the claims that survive renames, and what can go wrong.

import type { PlatformFacts } from '../facts.ts';

export const facts: PlatformFacts = {
  subjectGrammar: ['owner:{team}:project:{project}:environment:{production|preview|development}'],
  stableClaims: ['owner_id', 'project_id'],
  risks: [
    'A rule that leaves the environment open gives previews (any branch, any pull request) and development (the laptop of any team member, 12 hours) the rights of production.',
    'Team and project names can be renamed, and the issuer with them: bind owner_id and project_id.',
    'The global issuer and the key set are shared by all teams.',
    'There is no claim for branch or commit, and no jti unless the exchange asked for one.',
  ],
};
