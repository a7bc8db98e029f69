// Forgejo Actions, as the Worker needs it: which issuers are its own, and which of its tokens are refused by default.

import type { Preset } from '../preset.ts';

export const preset: Preset = {
  name: 'forgejo',
  title: 'Forgejo Actions',
  issuers: ['https://{host}/api/actions', 'https://{host}/{path}/api/actions'],
  subjectForms: 'literal',
  jwtSvid: false,
  guards: [
    {
      kind: 'allowOnly',
      claim: 'event_name',
      values: [
        'push',
        'schedule',
        'workflow_dispatch',
        'release',
        'create',
        'delete',
        'registry_package',
        'pull_request',
      ],
      liftedBy: 'event_name',
      why:
        'Only pull_request has a subject of its own: pull_request_target, issues, issue_comment and other events that people without ' +
        'write access can trigger have the sub of the default branch.',
    },
  ],
  // Codeberg is open to everybody; other instances belong to whoever runs them.
  tenancy: {
    sharedIssuers: ['https://codeberg.org/api/actions'],
    subjects: ['repo:{tenant}/'],
    isComposed: false,
    tenantClaims: ['repository', 'repository_id', 'repository_owner', 'repository_owner_id'],
  },
  runClaims: ['run_id', 'run_number', 'run_attempt'],
  fixedAudience: null,
};
