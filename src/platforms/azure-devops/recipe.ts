// How to trust a workload of Azure DevOps, as data; no logic.

import { NAME, NUMBER, UUID } from '../parameter-kinds.ts';
import type { Recipe } from '../recipe.ts';

export const recipe: Recipe = {
  preset: 'azure-devops',
  summary: 'Azure DevOps: a pipeline on a branch',
  parameters: [
    {
      ...NAME,
      name: 'organization',
      description: 'the organization',
      required: true,
      from: { claim: 'sub', pattern: '^p://([^/]+)/' },
    },
    {
      ...UUID,
      name: 'organization-id',
      description: "the organization's id, which its issuer holds",
      required: true,
      from: { claim: 'org_id' },
    },
    {
      name: 'project',
      value: 'name',
      description: 'the project',
      required: true,
      pattern: ['[^/:*]+', 'a name'],
      from: { claim: 'sub', pattern: '^p://[^/]+/([^/]+)/' },
    },
    { ...UUID, name: 'project-id', description: "the project's id", isPin: true, from: { claim: 'prj_id' } },
    {
      name: 'pipeline',
      value: 'name',
      description: 'the pipeline',
      required: true,
      pattern: ['[^/:*]+', 'a name'],
      from: { claim: 'sub', pattern: '^p://[^/]+/[^/]+/(.+)$' },
    },
    {
      ...NUMBER,
      name: 'pipeline-id',
      description: "the pipeline's definition id",
      isPin: true,
      from: { claim: 'def_id' },
    },
    {
      name: 'branch',
      value: 'branch',
      description: 'only this branch',
      required: true,
      from: { claim: 'rpo_ref', pattern: '^refs/heads/(.+)$' },
    },
  ],
  provider: { issuer: 'https://vstoken.dev.azure.com/{organization-id}' },
  audience: 'api://AzureADTokenExchange',
  singleUse: true,
  variants: [
    {
      name: 'workload',
      needs: [],
      subject: 'p://{organization}/{project}/{pipeline}',
      who: 'runs of {project}/{pipeline} on the branch {branch}',
    },
  ],
  conditions: {
    org_id: '{organization-id}',
    prj_id: '{project-id}',
    def_id: '{pipeline-id}',
    rpo_ref: 'refs/heads/{branch}',
  },
  claims: {
    org_id: '{organization-id}',
    prj_id: '{project-id}',
    def_id: '{pipeline-id}',
    rpo_ref: 'refs/heads/{branch}',
  },
  neighbours: [
    { who: 'another branch', set: { branch: 'cambist-check' } },
    { who: 'a pull request', change: { rpo_ref: 'refs/pull/1/merge' } },
    { who: 'another pipeline', set: { pipeline: 'cambist-check' } },
    { who: 'another pipeline under the same name', set: { 'pipeline-id': '0' }, needs: ['pipeline-id'] },
  ],
  warnings: [
    'The audience cannot be chosen: every service that gets such a token can replay it within five minutes. Each token is accepted once.',
  ],
  accountName: 'azure-devops-{slug}',
  configuration: {
    file: 'azure-pipelines.yml',
    text: `trigger:
  branches:
    include: ['{branch}']
pool:
  vmImage: ubuntu-latest
steps:
  - bash: |
      set -euo pipefail
      : "\${SYSTEM_ACCESSTOKEN:?the step does not map SYSTEM_ACCESSTOKEN}"
      answer=$(printf 'authorization: Bearer %s' "$SYSTEM_ACCESSTOKEN" |
        curl --silent --show-error --fail --retry 3 --max-time 30 --request POST --header @- \\
          --header 'content-type: application/json' --header 'content-length: 0' "$SYSTEM_OIDCREQUESTURI?api-version=7.1")
      ID_TOKEN=$(printf '%s' "$answer" | sed -n 's/.*"oidcToken" *: *"\\([^"]*\\)".*/\\1/p')
      test -n "$ID_TOKEN" || { echo 'Azure DevOps answered without an ID token' >&2; exit 1; }
      {exchange}
      echo "##vso[task.setvariable variable=ACCESS_TOKEN;issecret=true]$ACCESS_TOKEN"
    displayName: Get an access token
    env:
      SYSTEM_ACCESSTOKEN: $(System.AccessToken)
  - bash: test -n "$ACCESS_TOKEN" # in every later step that maps it
    displayName: Use it
    env:
      ACCESS_TOKEN: $(ACCESS_TOKEN)
`,
  },
};
