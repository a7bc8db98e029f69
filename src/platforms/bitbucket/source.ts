// Bitbucket Pipelines as a token source.

import type { Source } from '../../cli/sources/source.ts';

export const bitbucket: Source = {
  name: 'bitbucket',
  title: 'Bitbucket Pipelines',
  layer: 'job',
  ways: [
    {
      sign: { variables: ['BITBUCKET_STEP_OIDC_TOKEN'] },
      way: { from: 'variable', variable: 'BITBUCKET_STEP_OIDC_TOKEN' },
    },
  ],
  incomplete: [
    {
      sign: { variables: ['BITBUCKET_BUILD_NUMBER', 'BITBUCKET_STEP_UUID'] },
      missing: 'the step does not say `oidc: true`',
      fix: ({ audience }) => `Add to the step:\n    oidc:\n      audiences:\n        - ${audience}`,
    },
  ],
  audienceAdvice: ({ audience }) =>
    `write \`oidc: { audiences: [${audience}] }\` in the step, or trust its default audience in the identity`,
};
