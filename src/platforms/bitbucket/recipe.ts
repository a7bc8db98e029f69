// How to trust a workload of Bitbucket Pipelines, as data; no logic.

import type { Recipe } from '../recipe.ts';

export const recipe: Recipe = {
  preset: 'bitbucket',
  summary: 'Bitbucket Pipelines: a deployment environment of a repository',
  parameters: [
    {
      name: 'workspace',
      value: 'slug',
      description: 'the workspace',
      required: true,
      pattern: ['[A-Za-z0-9_.-]+', 'a slug'],
      from: { claim: 'iss', pattern: '/workspaces/([^/]+)/' },
    },
    {
      name: 'workspace-uuid',
      value: '{uuid}',
      description: "the workspace's UUID with its braces",
      required: true,
      pattern: ['\\{[0-9a-fA-F-]{36}\\}', 'a UUID in braces'],
      from: { claim: 'workspaceUuid' },
    },
    {
      name: 'repository-uuid',
      value: '{uuid}',
      description: "the repository's UUID with its braces",
      required: true,
      pattern: ['\\{[0-9a-fA-F-]{36}\\}', 'a UUID in braces'],
      from: { claim: 'repositoryUuid' },
    },
    {
      name: 'environment-uuid',
      value: '{uuid}',
      description:
        "the deployment environment's UUID with its braces; restrict it to a branch in Bitbucket: nothing else keeps other branches out",
      required: true,
      pattern: ['\\{[0-9a-fA-F-]{36}\\}', 'a UUID in braces'],
      from: { claim: 'deploymentEnvironmentUuid' },
    },
    {
      name: 'environment',
      value: 'name',
      description: 'what the deployment environment is called, for the configuration',
      default: 'production',
      isPin: true,
    },
    {
      name: 'branch',
      value: 'branch',
      description: 'only this branch; whoever may push chooses its name',
      mayGlob: true,
      from: { claim: 'branchName' },
    },
  ],
  provider: { issuer: 'https://api.bitbucket.org/2.0/workspaces/{workspace}/pipelines-config/identity/oidc' },
  variants: [
    {
      name: 'environment',
      needs: ['environment-uuid'],
      subject: '{repository-uuid}:{environment-uuid}:*',
      isGlob: true,
      who: 'steps of the repository {repository-uuid} that deploy to {environment-uuid}',
      variables: { 'step-environment': 'deployment: {environment}\n        ' },
    },
  ],
  conditions: { workspaceUuid: '{workspace-uuid}', branchName: '{branch}' },
  claims: {
    workspaceUuid: '{workspace-uuid}',
    repositoryUuid: '{repository-uuid}',
    deploymentEnvironmentUuid: '{environment-uuid}',
    branchName: '{branch}',
  },
  neighbours: [
    {
      who: 'another environment',
      set: { 'environment-uuid': '{00000000-0000-4000-8000-000000000000}' },
      needs: ['environment-uuid'],
    },
    { who: 'another repository', set: { 'repository-uuid': '{00000000-0000-4000-8000-000000000000}' } },
    { who: 'another branch', set: { branch: 'cambist-check' }, needs: ['branch'] },
  ],
  accountName: 'bitbucket-{workspace}',
  configuration: {
    file: 'bitbucket-pipelines.yml',
    text: `pipelines:
  default:
    - step:
        name: token
        {step-environment}oidc:
          audiences:
            - {audience}
        script:
          - |
            set -eu
            : "\${BITBUCKET_STEP_OIDC_TOKEN:?the step lacks oidc}"
            ID_TOKEN=$BITBUCKET_STEP_OIDC_TOKEN
            {exchange}
            test -n "$ACCESS_TOKEN" # use it here: it does not leave this step
`,
  },
};
