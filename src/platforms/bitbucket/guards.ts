// Bitbucket Pipelines, as the Worker needs it: which issuers are its own, and which of its tokens are refused by default.

import type { Preset } from '../preset.ts';

export const preset: Preset = {
  name: 'bitbucket',
  title: 'Bitbucket Pipelines',
  issuers: ['https://api.bitbucket.org/2.0/workspaces/{workspace}/pipelines-config/identity/oidc'],
  subjectForms: 'literal',
  jwtSvid: false,
  guards: [],
  // The workspace is in the issuer by its slug alone, which somebody else can take after it was renamed.
  tenancy: {
    sharedIssuers: ['https://api.bitbucket.org/2.0/workspaces/{workspace}/pipelines-config/identity/oidc'],
    subjects: ['{tenant}:'],
    isComposed: false,
    tenantClaims: ['workspaceUuid', 'repositoryUuid', 'deploymentEnvironmentUuid'],
  },
  runClaims: ['pipelineUuid', 'pipelineRunUuid', 'stepUuid'],
  fixedAudience: null,
};
