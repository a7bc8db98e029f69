// Buddy for people: the shapes of `sub`, the claims that survive renames, and what can go wrong.

import type { PlatformFacts } from '../facts.ts';

export const facts: PlatformFacts = {
  subjectGrammar: ['{base_url}/{workspace}/{project}/pipelines/pipeline/{pipeline_id}'],
  stableClaims: ['pipeline_id'],
  risks: [
    'sub has no branch; ref and revision are optional claims, and an absent claim never matches.',
    'Workspace and project are slugs that can change; pipeline_id is unique within one region, that is, one issuer.',
    'pipeline_id is a number.',
    'One issuer serves all workspaces of a region.',
  ],
};
