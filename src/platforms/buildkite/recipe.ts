// How to trust a workload of Buildkite.

import { PlatformFailure } from '../failure.ts';
import { BRANCH, SLUG, TAG, UUID } from '../parameter-kinds.ts';
import type { Recipe } from '../recipe.ts';

/** What --subject-claim may pick and a rule can rely on; the others are new in every build. */
const SUBJECT_CLAIMS = ['pipeline_id', 'organization_id', 'cluster_id', 'queue_id'];

export const recipe: Recipe = {
  preset: 'buildkite',
  summary: 'Buildkite: a pipeline on a branch or tag',
  parameters: [
    {
      ...SLUG,
      name: 'organization',
      description: 'the organization',
      required: true,
      from: { claim: 'organization_slug' },
    },
    { ...SLUG, name: 'pipeline', description: 'the pipeline', required: true, from: { claim: 'pipeline_slug' } },
    { ...TAG, from: { claim: 'build_tag' } },
    { ...BRANCH, from: { claim: 'build_branch' } },
    {
      ...UUID,
      name: 'organization-id',
      description: "the organization's id; the job then has to ask for it",
      isPin: true,
      from: { claim: 'organization_id' },
    },
    {
      ...UUID,
      name: 'pipeline-id',
      description: "the pipeline's id; the job then has to ask for it",
      isPin: true,
      from: { claim: 'pipeline_id' },
    },
  ],
  derive: (given) => {
    const claims = ['organization', 'pipeline'].filter((name) => given.has(`${name}-id`)).map((name) => `${name}_id`);
    return [
      ['id-claims', claims.length === 0 ? '' : ` --claim ${claims.join(',')}`],
      ['subject-claim-option', ''],
    ];
  },
  customise: (claims, subject) => {
    const claim = SUBJECT_CLAIMS.find((name) => claims[name] === subject);
    if (claim === undefined) {
      throw new PlatformFailure(
        `The token does not say what its subject ${subject} is.`,
        `Ask for it by name, too: buildkite-agent oidc request-token --subject-claim CLAIM --claim CLAIM, where CLAIM is one of ${SUBJECT_CLAIMS.join(', ')}.`,
      );
    }
    return [['subject-claim-option', ` --subject-claim ${claim}`]];
  },
  provider: { issuer: 'https://agent.buildkite.com' },
  variants: [
    {
      name: 'tag',
      needs: ['tag'],
      allows: ['branch'],
      subject: 'organization:{organization}:pipeline:{pipeline}:ref:refs/tags/{tag}:commit:*:step:*',
      isGlob: true,
      who: 'builds of {organization}/{pipeline} on the tag {tag}',
      claims: { build_tag: '{tag}' },
    },
    {
      name: 'branch',
      needs: ['branch'],
      subject: 'organization:{organization}:pipeline:{pipeline}:ref:refs/heads/{branch}:commit:*:step:*',
      isGlob: true,
      who: 'builds of {organization}/{pipeline} on the branch {branch}',
    },
  ],
  conditions: { organization_id: '{organization-id}', pipeline_id: '{pipeline-id}' },
  claims: {
    organization_slug: '{organization}',
    pipeline_slug: '{pipeline}',
    organization_id: '{organization-id}',
    pipeline_id: '{pipeline-id}',
    build_branch: '{branch}',
    step_key: 'deploy',
  },
  names: { organization_slug: 'organization-id', pipeline_slug: 'pipeline-id' },
  neighbours: [
    { who: 'another branch', variant: 'branch', set: { branch: 'cambist-check' } },
    {
      who: 'another pipeline',
      set: { pipeline: 'cambist-check', 'pipeline-id': '00000000-0000-4000-8000-000000000000' },
    },
    {
      who: 'another organization',
      set: {
        organization: 'cambist-check',
        'organization-id': '00000000-0000-4000-8000-000000000000',
        'pipeline-id': '00000000-0000-4000-8000-000000000000',
      },
    },
    { who: 'another pipeline under the same name', set: { 'pipeline-id': 'cambist-check' }, needs: ['pipeline-id'] },
  ],
  warnings: [
    'Branch and commit are given by whoever creates a build: a branch name is weak evidence where builds of pull requests are enabled.',
  ],
  accountName: 'buildkite-{pipeline}',
  configuration: {
    file: '.buildkite/pipeline.yml',
    text: `steps:
  - key: token
    label: token
    command: |
      set -eu
      ID_TOKEN=$$(buildkite-agent oidc request-token --audience {audience}{id-claims}{subject-claim-option})
      test -n "$$ID_TOKEN"
      printf '%s' "$$ID_TOKEN" | buildkite-agent redactor add
      {exchange-doubled}
      printf '%s' "$$ACCESS_TOKEN" | buildkite-agent redactor add
`,
  },
};
