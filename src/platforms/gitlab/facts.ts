// GitLab CI (gitlab.com and self-managed) for people: the shapes of `sub`, the claims that survive renames, and what can go wrong.

import type { PlatformFacts } from '../facts.ts';

export const facts: PlatformFacts = {
  subjectGrammar: [
    'project_path:{group}/{project}:ref_type:branch:ref:{branch}',
    'project_path:{group}/{project}:ref_type:tag:ref:{tag}',
    'project_path:{group}/{project} (or other components, if the project customised ci_id_token_sub_claim_components)',
  ],
  stableClaims: ['project_id', 'namespace_id', 'job_project_id', 'job_namespace_id'],
  risks: [
    'A merge request pipeline has no subject of its own: ref_type is "branch" and ref is the source branch. Add ref_protected or pipeline_source as a condition.',
    'Group and project paths can be renamed and taken by others: add project_id and namespace_id as conditions.',
    'ref_protected and environment_protected are strings ("true"); ids are strings of digits except runner_id.',
    'sub does not carry the environment: a rule for a deployment needs environment and environment_protected as conditions.',
    'groups_direct is absent above 200 groups: never read its absence as "no groups".',
    'A token lives as long as its job may run.',
    'Retired CI_JOB_JWT tokens have an iss without a scheme and sub job_{id}; they match nothing here.',
  ],
};
