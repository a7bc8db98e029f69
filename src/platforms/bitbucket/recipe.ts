// How to trust a workload of Bitbucket Pipelines, as data; no logic.

import { BRACED_UUID, SLUG } from '../parameter-kinds.ts';
import type { Recipe } from '../recipe.ts';

export const recipe: Recipe = {
  preset: 'bitbucket',
  summary: 'Bitbucket Pipelines: a deployment environment of a repository',
  parameters: [
    {
      ...SLUG,
      name: 'workspace',
      description: 'the workspace',
      required: true,
      from: { claim: 'iss', pattern: '/workspaces/([^/]+)/' },
    },
    {
      ...BRACED_UUID,
      name: 'workspace-uuid',
      description: "the workspace's UUID with its braces",
      required: true,
      from: { claim: 'workspaceUuid' },
    },
    {
      ...BRACED_UUID,
      name: 'repository-uuid',
      description: "the repository's UUID with its braces",
      required: true,
      from: { claim: 'repositoryUuid' },
    },
    {
      ...BRACED_UUID,
      name: 'environment-uuid',
      description:
        "the deployment environment's UUID with its braces; restrict it to a branch in Bitbucket: nothing else keeps other branches out",
      required: true,
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
