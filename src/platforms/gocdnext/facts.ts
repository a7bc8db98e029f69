// gocdnext for people: the shapes of `sub`, the claims that survive renames, and what can go wrong.

import type { PlatformFacts } from '../facts.ts';

export const facts: PlatformFacts = {
  subjectGrammar: [
    'project:{slug}:pipeline:{name}:ref_type:branch:ref:{branch}',
    'project:{slug}:pipeline:{name}:ref_type:tag:ref:{tag}',
    'project:{slug}:pipeline:{name}:pull_request',
    'project:{slug}:pipeline:{name}:ref_type:none:ref:none',
  ],
  stableClaims: ['project_id', 'pipeline_id'],
  risks: [
    'A wildcard after the branch name also matches longer names (main, main-fix): use an exact subject.',
    'Slug and pipeline name can change: bind project_id and pipeline_id.',
    '":" and "%" inside a part of sub are percent-encoded.',
    'A pull request run has ref_type "branch" and no ref: an absent claim never matches.',
  ],
};
