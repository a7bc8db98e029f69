// CircleCI, as the Worker needs it: which issuers are its own, and which of its tokens are refused by default.

import type { Preset } from '../preset.ts';

export const preset: Preset = {
  name: 'circleci',
  title: 'CircleCI',
  issuers: ['https://oidc.circleci.com/org/{org}', 'https://oidc.circleci.com'],
  subjectForms: 'literal',
  jwtSvid: false,
  guards: [
    {
      kind: 'refuse',
      claim: 'oidc.circleci.com/ssh-rerun',
      values: [true],
      liftedBy: 'oidc.circleci.com/ssh-rerun',
      why: 'A person has a shell in a job that was rerun with SSH and can read its token, while every other claim is that of the ordinary job.',
    },
  ],
  // The issuer of an organisation (/org/…) is its own.
  tenancy: {
    sharedIssuers: ['https://oidc.circleci.com'],
    subjects: ['org/{tenant}/'],
    isComposed: false,
    tenantClaims: ['oidc.circleci.com/org-id', 'oidc.circleci.com/project-id'],
  },
  runClaims: ['oidc.circleci.com/job-id', 'oidc.circleci.com/pipeline-id', 'oidc.circleci.com/workflow-id'],
  fixedAudience: null,
};
