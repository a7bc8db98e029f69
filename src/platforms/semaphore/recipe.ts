// How to trust a workload of Semaphore, as data; no logic.

import { BRANCH, NAME, SLUG, TAG, UUID } from '../parameter-kinds.ts';
import type { Recipe } from '../recipe.ts';

export const recipe: Recipe = {
  preset: 'semaphore',
  summary: 'Semaphore: a project on a branch or tag',
  parameters: [
    {
      ...SLUG,
      name: 'organization',
      description: 'the organization',
      required: true,
      from: { claim: 'iss', pattern: '^https://([^.]+)\\.semaphoreci\\.com$' },
    },
    { ...UUID, name: 'project-id', description: 'the project', required: true, from: { claim: 'prj_id' } },
    {
      ...NAME,
      name: 'repository',
      description: 'the repository, without its owner',
      required: true,
      from: { claim: 'repo' },
    },
    { ...TAG, from: { claim: 'ref', pattern: '^refs/tags/(.+)$' } },
    { ...BRANCH, from: { claim: 'ref', pattern: '^refs/heads/(.+)$' } },
    { ...UUID, name: 'organization-id', description: "the organization's id", isPin: true, from: { claim: 'org_id' } },
  ],
  provider: { issuer: 'https://{organization}.semaphoreci.com' },
  audience: 'https://{organization}.semaphoreci.com',
  singleUse: true,
  variants: [
    {
      name: 'tag',
      needs: ['tag'],
      subject: 'org:{organization}:project:{project-id}:repo:{repository}:ref_type:tag:ref:refs/tags/{tag}',
      who: 'jobs of {repository} on the tag {tag}',
      claims: { ref: 'refs/tags/{tag}', ref_type: 'tag' },
    },
    {
      name: 'branch',
      needs: ['branch'],
      subject: 'org:{organization}:project:{project-id}:repo:{repository}:ref_type:branch:ref:refs/heads/{branch}',
      who: 'jobs of {repository} on the branch {branch}',
      claims: { ref: 'refs/heads/{branch}', ref_type: 'branch' },
    },
  ],
  conditions: { org_id: '{organization-id}' },
  claims: { org_id: '{organization-id}', prj_id: '{project-id}', repo: '{repository}', job_type: 'pipeline_job' },
  neighbours: [
    { who: 'another branch', variant: 'branch', set: { branch: 'cambist-check' } },
    { who: 'a pull request', change: { ref_type: 'pull-request' } },
    { who: 'a debug job', change: { job_type: 'debug_job' } },
    { who: 'another project', set: { 'project-id': '00000000-0000-4000-8000-000000000000' } },
  ],
  warnings: [
    'The audience cannot be chosen and a token lives 24 hours: every service that gets one can replay it. Each token is accepted once.',
  ],
  accountName: 'semaphore-{repository}',
  configuration: {
    file: '.semaphore/semaphore.yml',
    text: `version: v1.0
name: token
agent:
  machine:
    type: e1-standard-2
    os_image: ubuntu2204
blocks:
  - name: token
    task:
      jobs:
        - name: token
          commands:
            - |
              set -eu
              : "\${SEMAPHORE_OIDC_TOKEN:?this organization has no OIDC tokens}"
              ID_TOKEN=$SEMAPHORE_OIDC_TOKEN
              {exchange}
              test -n "$ACCESS_TOKEN" # use it here
`,
  },
};
