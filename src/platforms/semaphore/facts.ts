// Semaphore for people: the shapes of `sub`, the claims that survive renames, and what can go wrong.

import type { PlatformFacts } from '../facts.ts';

export const facts: PlatformFacts = {
  subjectGrammar: [
    'org:{organization}:project:{project uuid}:repo:{repository}:ref_type:{branch|tag|pull-request}:ref:{ref}',
  ],
  stableClaims: ['org_id', 'prj_id'],
  risks: [
    'The audience cannot be chosen and a token lives 24 hours: every service that gets one can replay it here. Accept each token once (`--single-use`).',
    'For a pull request the branch claim holds the target branch: a rule on branch alone would accept it.',
    'Absent values are empty strings, so {"exists": true} says nothing.',
    'sub127 is cut at 127 characters and can collide: never use it.',
    'An organisation can switch optional claims off, sub included.',
  ],
};
