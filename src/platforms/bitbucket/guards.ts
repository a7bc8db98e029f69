// Bitbucket Pipelines as data: issuers, the grammar of `sub` and its risks; no logic.

import type { Preset } from '../preset.ts';

export const bitbucket: Preset = {
  name: 'bitbucket',
  title: 'Bitbucket Pipelines',
  issuers: ['https://api.bitbucket.org/2.0/workspaces/{workspace}/pipelines-config/identity/oidc'],
  subjectForms: 'literal',
  jwtSvid: false,
  guards: [],
  subjectGrammar: [
    '{repositoryUuid}:{stepUuid} (both with their braces)',
    '{repositoryUuid}:{deploymentEnvironmentUuid}:{stepUuid} (a step that names a deployment)',
  ],
  stableClaims: ['workspaceUuid', 'repositoryUuid', 'deploymentEnvironmentUuid'],
  fixedAudience: null,
  risks: [
    'sub ends in the step UUID, which is new on every run: match it with a glob, or let the provider read another claim as the subject (subjectClaim: repositoryUuid).',
    'branchName is chosen by whoever pushes and a pull request pipeline looks like a push to its source branch: only a deployment environment that is restricted to a branch protects.',
    'Older tokens may lack branchName; an absent claim never matches.',
    'The issuer contains the slug of the workspace and changes when it is renamed; UUIDs in claims keep their braces.',
    'No jti is documented: single use is remembered by the header and payload.',
  ],
};
