// GitHub Actions (github.com, ghe.com and Enterprise Server) for people: the shapes of `sub`, the claims that survive renames, and what can go wrong.

import type { PlatformFacts } from '../facts.ts';

export const facts: PlatformFacts = {
  subjectGrammar: [
    'repo:{owner}/{repo}:ref:refs/heads/{branch}',
    'repo:{owner}/{repo}:ref:refs/tags/{tag}',
    'repo:{owner}/{repo}:pull_request',
    'repo:{owner}/{repo}:environment:{environment}',
    'repo:{owner}@{owner_id}/{repo}@{repo_id}:ref:refs/heads/{branch} (and the three others; repositories new, renamed or transferred since 2026-07-15)',
    '{key}:{value}[:{key}:{value}…] (customised by include_claim_keys)',
  ],
  stableClaims: ['repository_id', 'repository_owner_id', 'enterprise_id'],
  risks: [
    'A rule by names trusts whoever owns the name next: write the subject with ids, or add repository_id and repository_owner_id as conditions.',
    'A pull_request subject is the same for every pull request of the repository, whoever opened it; head_ref is chosen by its author.',
    'A job that names an environment has the environment in sub instead of the ref: add ref as a condition unless the environment restricts its branches.',
    'A customised subject may lack the repository altogether; then bind repository_id instead.',
    'ref_protected and repo_property_* are strings ("true"); ids are strings of digits.',
    'A colon inside a value is %3A in sub and a plain colon in its own claim.',
    'runner_environment "self-hosted": the machine that asked for the token is not GitHub\'s.',
    'job_workflow_ref names the reusable workflow that really runs; bind it if only one workflow may deploy.',
  ],
};
