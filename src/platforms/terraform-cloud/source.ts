// HCP Terraform and Terraform Enterprise as a token source.

import type { Source } from '../source.ts';

export const source: Source = {
  name: 'terraform-cloud',
  title: 'HCP Terraform',
  layer: 'job',
  origins: [
    {
      // A workspace can have several, one for each tag.
      when: { variables: ['TFC_WORKLOAD_IDENTITY_TOKEN_CAMBIST'] },
      origin: { from: 'variable', variable: 'TFC_WORKLOAD_IDENTITY_TOKEN_CAMBIST' },
    },
    { when: { prefix: 'TFC_WORKLOAD_IDENTITY_TOKEN_', tokenInVariables: true }, origin: { from: 'matching-variable' } },
    {
      when: { variables: ['TFC_WORKLOAD_IDENTITY_TOKEN'] },
      origin: { from: 'variable', variable: 'TFC_WORKLOAD_IDENTITY_TOKEN' },
    },
  ],
  incomplete: [
    {
      when: { variables: ['TFC_RUN_ID', 'TFC_WORKSPACE_NAME'] },
      missing: 'the workspace asks for no workload identity token',
      fix: ({ audience }) =>
        `Set an environment variable of the workspace:\n    TFC_WORKLOAD_IDENTITY_AUDIENCE=${audience}\n` +
        'or, beside other clouds, TFC_WORKLOAD_IDENTITY_AUDIENCE_CAMBIST.',
    },
  ],
  audienceAdvice: ({ audience }) => `set TFC_WORKLOAD_IDENTITY_AUDIENCE=${audience} in the workspace`,
};
