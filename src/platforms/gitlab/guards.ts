// GitLab CI (gitlab.com and self-managed), as the Worker needs it: which issuers are its own, and which of its tokens are refused by default.

import type { Preset } from '../preset.ts';

export const preset: Preset = {
  name: 'gitlab',
  title: 'GitLab CI',
  // Self-managed instances under another name are registered with `preset: gitlab`.
  issuers: ['https://gitlab.com', 'https://gitlab.{domain}'],
  subjectForms: 'literal',
  jwtSvid: false,
  guards: [
    {
      kind: 'differs',
      when: { claim: 'pipeline_source', value: 'merge_request_event' },
      claims: ['job_project_id', 'project_id'],
      liftedBy: 'job_project_id',
      why:
        'A merge request from a fork runs code that anybody may write, with a sub of ref_type "branch". ' +
        'Instances older than 18.4 send no job_project_id, so there a fork cannot be told apart and is refused too.',
    },
  ],
  // A self-managed instance belongs to one tenant.
  tenancy: {
    sharedIssuers: ['https://gitlab.com'],
    subjects: ['project_path:{tenant}/'],
    isComposed: true,
    tenantClaims: [
      'project_id',
      'project_path',
      'namespace_id',
      'namespace_path',
      'job_project_id',
      'job_project_path',
      'job_namespace_id',
      'job_namespace_path',
    ],
  },
  runClaims: ['job_id', 'pipeline_id', 'runner_id'],
  fixedAudience: null,
};
