// Buildkite for people: the shapes of `sub`, the claims that survive renames, and what can go wrong.

import type { PlatformFacts } from '../facts.ts';

export const facts: PlatformFacts = {
  subjectGrammar: [
    'organization:{org}:pipeline:{pipeline}:ref:refs/heads/{branch}:commit:{sha}:step:{key}',
    'organization:{org}:pipeline:{pipeline}:ref:refs/tags/{tag}:commit:{sha}:step:{key}',
    '{uuid} (if the job asked for --subject-claim)',
  ],
  stableClaims: ['organization_id', 'pipeline_id', 'cluster_id'],
  risks: [
    'sub contains the commit: match it with a glob, or no second build will match.',
    'Organisation and pipeline are slugs; their ids are only there when the job asks for them (--claim organization_id,pipeline_id): ask, and bind them.',
    'Branch and commit are given by whoever creates a build, also for pull requests of strangers if those are enabled: a branch name is weak evidence.',
    'Steps without a key have a sub that ends in "step:" and a step_key of null.',
    'With --subject-claim the subject is a bare UUID that does not say of what.',
    'One issuer serves all organisations.',
  ],
};
