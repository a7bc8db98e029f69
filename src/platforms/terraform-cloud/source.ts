// HCP Terraform and Terraform Enterprise as a token source.

import type { Source } from '../../cli/sources/source.ts';

export const terraformCloud: Source = {
  name: 'terraform-cloud',
  title: 'HCP Terraform',
  layer: 'job',
  ways: [
    {
      // A workspace can have several, one for each tag.
      sign: { variables: ['TFC_WORKLOAD_IDENTITY_TOKEN_CAMBIST'] },
      way: { from: 'variable', variable: 'TFC_WORKLOAD_IDENTITY_TOKEN_CAMBIST' },
    },
    { sign: { prefix: 'TFC_WORKLOAD_IDENTITY_TOKEN_', tokenInVariables: true }, way: { from: 'matching-variable' } },
    {
      sign: { variables: ['TFC_WORKLOAD_IDENTITY_TOKEN'] },
      way: { from: 'variable', variable: 'TFC_WORKLOAD_IDENTITY_TOKEN' },
    },
  ],
  incomplete: [
    {
      sign: { variables: ['TFC_RUN_ID', 'TFC_WORKSPACE_NAME'] },
      missing: 'the workspace asks for no workload identity token',
      fix: ({ audience }) =>
        `Set an environment variable of the workspace:\n    TFC_WORKLOAD_IDENTITY_AUDIENCE=${audience}\n` +
        'or, beside other clouds, TFC_WORKLOAD_IDENTITY_AUDIENCE_CAMBIST.',
    },
  ],
  audienceAdvice: ({ audience }) => `set TFC_WORKLOAD_IDENTITY_AUDIENCE=${audience} in the workspace`,
};
