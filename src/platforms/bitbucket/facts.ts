// Bitbucket Pipelines for people: the shapes of `sub`, the claims that survive renames, and what can go wrong.

import type { PlatformFacts } from '../facts.ts';

export const facts: PlatformFacts = {
  subjectGrammar: [
    '{repositoryUuid}:{stepUuid} (both with their braces)',
    '{repositoryUuid}:{deploymentEnvironmentUuid}:{stepUuid} (a step that names a deployment)',
  ],
  stableClaims: ['workspaceUuid', 'repositoryUuid', 'deploymentEnvironmentUuid'],
  risks: [
    'sub ends in the step UUID, which is new on every run: match it with a glob, or let the provider read another claim as the subject (subjectClaim: repositoryUuid).',
    'branchName is chosen by whoever pushes and a pull request pipeline looks like a push to its source branch: only a deployment environment that is restricted to a branch protects.',
    'Older tokens may lack branchName; an absent claim never matches.',
    'The issuer contains the slug of the workspace and changes when it is renamed; UUIDs in claims keep their braces.',
    'No jti is documented: single use is remembered by the header and payload.',
  ],
};
