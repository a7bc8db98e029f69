// GitHub Actions (github.com, ghe.com and Enterprise Server) as data: issuers, guards, the grammar of `sub` and its risks; no logic.

import type { Preset } from '../preset.ts';

export const github: Preset = {
  name: 'github',
  title: 'GitHub Actions',
  issuers: [
    'https://token.actions.githubusercontent.com',
    'https://token.actions.githubusercontent.com/{enterprise}',
    'https://token.actions.{subdomain}.ghe.com',
    'https://token.actions.{subdomain}.ghe.com/{subdomain}',
    // Enterprise Server: any host, but this path is its own.
    'https://{host}/_services/token',
  ],
  subjectForms: 'github',
  jwtSvid: false,
  guards: [
    {
      kind: 'allowOnly',
      claim: 'event_name',
      // pull_request is safe to leave in: it has a subject of its own.
      values: [
        'push',
        'schedule',
        'workflow_dispatch',
        'repository_dispatch',
        'release',
        'create',
        'delete',
        'deployment',
        'deployment_status',
        'merge_group',
        'registry_package',
        'pull_request',
      ],
      liftedBy: 'event_name',
      why:
        'People without write access can trigger the events left out while sub looks like the default branch: ' +
        'pull_request_target (whoever opens a pull request), workflow_run (follows the run of a fork), ' +
        'issue_comment, issues, discussion and discussion_comment (whoever has an account), fork and watch (anybody), ' +
        'gollum (where the wiki is open), and perhaps every event that did not exist when this list was written.',
    },
  ],
  subjectGrammar: [
    'repo:{owner}/{repo}:ref:refs/heads/{branch}',
    'repo:{owner}/{repo}:ref:refs/tags/{tag}',
    'repo:{owner}/{repo}:pull_request',
    'repo:{owner}/{repo}:environment:{environment}',
    'repo:{owner}@{owner_id}/{repo}@{repo_id}:ref:refs/heads/{branch} (and the three others; repositories new, renamed or transferred since 2026-07-15)',
    '{key}:{value}[:{key}:{value}…] (customised by include_claim_keys)',
  ],
  stableClaims: ['repository_id', 'repository_owner_id', 'enterprise_id'],
  fixedAudience: null,
  risks: [
    'A rule by names trusts whoever owns the name next: write the subject with ids, or add repository_id and repository_owner_id as conditions.',
    'A pull_request subject is the same for every pull request of the repository, whoever opened it; head_ref is chosen by its author.',
    'A job that names an environment has the environment in sub instead of the ref: add ref as a condition unless the environment restricts its branches.',
    'A customised subject may lack the repository altogether; then bind repository_id instead.',
    'ref_protected and repo_property_* are strings ("true"); ids are strings of digits.',
    'A colon inside a value is %3A in sub and a plain colon in its own claim.',
    'runner_environment "self-hosted": the machine that asked for the token is not GitHub\'s.',
    'job_workflow_ref names the reusable workflow that really runs; bind it where only one workflow may deploy.',
  ],
};
