// Pulumi Cloud for people: the shapes of `sub`, the claims that survive renames, and what can go wrong.

import type { PlatformFacts } from '../facts.ts';

export const facts: PlatformFacts = {
  subjectGrammar: [
    'pulumi:deploy:org:{org}:project:{project}:stack:{stack}:operation:{preview|update|refresh|destroy}:scope:write',
    'pulumi:environments:org:{org}:env:{project/environment} (ESC)',
  ],
  stableClaims: [],
  risks: [
    'scope is "write" for previews too: only the operation tells them apart.',
    'The audience is the name of the organisation and cannot be chosen: every service that gets a token can replay it here.',
    'There are names only, no ids.',
    'One issuer serves all organisations.',
  ],
};
