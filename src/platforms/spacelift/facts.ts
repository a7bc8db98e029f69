// Spacelift for people: the shapes of `sub`, the claims that survive renames, and what can go wrong.

import type { PlatformFacts } from '../facts.ts';

export const facts: PlatformFacts = {
  subjectGrammar: [
    'space:{space_id}:{stack|module}:{id}:run_type:{PROPOSED|TRACKED|TASK|TESTING|DESTROY}:scope:{read|write}',
    '{any template of the account}',
  ],
  stableClaims: ['spaceId', 'callerId'],
  risks: [
    'PROPOSED runs execute the code of pull requests: write run_type and scope into the rule.',
    'The audience is a bare host name and cannot be chosen: every service that gets a token can replay it here.',
    'The default subject names the space by its slug alone, which two spaces may share.',
    'One template of the account can change every subject at once.',
  ],
};
