// How to trust a workload of gocdnext, as data; no logic.

import { BRANCH, SLUG, TAG, UUID } from '../parameter-kinds.ts';
import type { Recipe } from '../recipe.ts';

export const recipe: Recipe = {
  preset: 'gocdnext',
  summary: 'gocdnext: a pipeline on a branch, tag or pull request',
  parameters: [
    {
      name: 'server',
      value: 'url',
      description: "the server's public address",
      required: true,
      pattern: ['https://[^\\s*]*[^/\\s*]', 'an https URL without a trailing slash'],
      from: { claim: 'iss' },
    },
    { ...SLUG, name: 'project', description: 'the project', required: true, from: { claim: 'project_slug' } },
    {
      name: 'pipeline',
      value: 'name',
      description: 'the pipeline',
      required: true,
      pattern: ['[^*]+', 'a name'],
      from: { claim: 'pipeline' },
    },
    {
      name: 'pull-request',
      value: null,
      description: 'every pull request of the pipeline',
      from: { claim: 'sub', pattern: ':(pull_request)$' },
    },
    { ...TAG, from: { claim: 'sub', pattern: ':ref_type:tag:ref:(.+)$' } },
    { ...BRANCH, from: { claim: 'sub', pattern: ':ref_type:branch:ref:(.+)$' } },
    { ...UUID, name: 'project-id', description: "the project's id", isPin: true, from: { claim: 'project_id' } },
    { ...UUID, name: 'pipeline-id', description: "the pipeline's id", isPin: true, from: { claim: 'pipeline_id' } },
  ],
  provider: { issuer: '{server}' },
  variants: [
    {
      name: 'tag',
      needs: ['tag'],
      subject: 'project:{project}:pipeline:{pct pipeline}:ref_type:tag:ref:{pct tag}',
      who: 'runs of {project}/{pipeline} on the tag {tag}',
      claims: { ref: '{tag}', ref_type: 'tag' },
    },
    {
      name: 'branch',
      needs: ['branch'],
      subject: 'project:{project}:pipeline:{pct pipeline}:ref_type:branch:ref:{pct branch}',
      who: 'runs of {project}/{pipeline} on the branch {branch}',
      claims: { ref: '{branch}', ref_type: 'branch' },
    },
    {
      name: 'pull-request',
      needs: ['pull-request'],
      subject: 'project:{project}:pipeline:{pct pipeline}:pull_request',
      who: 'every pull request of {project}/{pipeline}',
      claims: { ref_type: 'branch' },
      warning: 'Every pull request of {project}/{pipeline} gets in, whoever opened it.',
    },
  ],
  conditions: { project_id: '{project-id}', pipeline_id: '{pipeline-id}' },
  claims: {
    project_slug: '{project}',
    project_id: '{project-id}',
    pipeline: '{pipeline}',
    pipeline_id: '{pipeline-id}',
  },
  neighbours: [
    { who: 'another branch', variant: 'branch', set: { branch: 'cambist-check' } },
    { who: 'a pull request', variant: 'pull-request', unless: ['pull-request'] },
    { who: 'another pipeline', set: { pipeline: 'cambist-check' } },
    {
      who: 'another pipeline under the same name',
      set: { 'pipeline-id': '00000000-0000-4000-8000-000000000000' },
      needs: ['pipeline-id'],
    },
  ],
  accountName: 'gocdnext-{slug}',
  configuration: {
    file: '.gocdnext/{slug}.yaml',
    text: `jobs:
  token:
    id_tokens:
      ID_TOKEN:
        aud: {audience}
    script:
      - |
        set -eu
        : "\${ID_TOKEN:?the job has no id_tokens}"
        {exchange}
        test -n "$ACCESS_TOKEN" # use it here
`,
  },
};
