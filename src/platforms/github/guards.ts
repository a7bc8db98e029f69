// GitHub Actions (github.com, ghe.com and Enterprise Server), as the Worker needs it: which issuers are its own, and which of its tokens are refused by default.

import type { Preset } from '../preset.ts';

export const preset: Preset = {
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
        'gollum (if the wiki is open), and perhaps every event that did not exist when this list was written.',
    },
  ],
  // Issuers of an enterprise, of ghe.com and of Enterprise Server belong to one tenant.
  tenancy: {
    sharedIssuers: ['https://token.actions.githubusercontent.com'],
    subjects: ['repo:{tenant}/'],
    isComposed: true,
    tenantClaims: [
      'repository',
      'repository_id',
      'repository_owner',
      'repository_owner_id',
      'enterprise',
      'enterprise_id',
    ],
  },
  runClaims: ['run_id', 'run_number', 'run_attempt', 'check_run_id'],
  fixedAudience: null,
};
