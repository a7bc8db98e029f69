// How to trust a workload of Buddy.

import { NUMBER, SLUG } from '../parameter-kinds.ts';
import type { Recipe } from '../recipe.ts';

export const recipe: Recipe = {
  preset: 'buddy',
  summary: 'Buddy: one pipeline',
  parameters: [
    {
      name: 'region',
      value: 'region',
      description: 'us, eu or asia',
      pattern: ['us|eu|asia', 'us, eu or asia'],
      default: 'us',
      from: { claim: 'iss', pattern: '^https://(eu|asia)-oidc\\.' },
    },
    {
      name: 'base-url',
      value: 'url',
      description: 'where the workspace is, such as https://eu.buddy.works',
      required: true,
      pattern: ['https://[^/]+', 'an https URL'],
      from: { claim: 'base_url' },
    },
    { ...SLUG, name: 'workspace', description: 'the workspace', required: true, from: { claim: 'workspace_domain' } },
    { ...SLUG, name: 'project', description: 'the project', required: true, from: { claim: 'project_name' } },
    { ...NUMBER, name: 'pipeline-id', description: 'the pipeline', required: true, from: { claim: 'pipeline_id' } },
  ],
  derive: (given) => [['region-prefix', given.get('region') === 'us' ? '' : `${given.get('region') ?? ''}-`]],
  provider: { issuer: 'https://{region-prefix}oidc.buddyusercontent.com' },
  variants: [
    {
      name: 'workload',
      needs: [],
      subject: '{base-url}/{workspace}/{project}/pipelines/pipeline/{pipeline-id}',
      who: 'runs of the pipeline {pipeline-id} of {workspace}/{project}',
    },
  ],
  conditions: { pipeline_id: '{pipeline-id}' },
  claims: {
    base_url: '{base-url}',
    workspace_domain: '{workspace}',
    project_name: '{project}',
    pipeline_id: '{pipeline-id}',
  },
  neighbours: [
    { who: 'another pipeline', set: { 'pipeline-id': '0' } },
    { who: 'another project', set: { project: 'cambist-check' } },
  ],
  warnings: ['sub has no branch: every branch of the pipeline gets in.'],
  accountName: 'buddy-{project}',
  configuration: {
    file: 'pipeline command',
    text: `# Add an OpenID Connect integration with the audience {audience} to the pipeline, and give its token as ID_TOKEN.
set -eu
: "\${ID_TOKEN:?the pipeline has no OIDC integration}"
{exchange}
test -n "$ACCESS_TOKEN" # use it here
`,
  },
};
