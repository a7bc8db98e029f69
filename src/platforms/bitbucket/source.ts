// Bitbucket Pipelines as a token source.

import type { Source } from '../source.ts';

export const source: Source = {
  name: 'bitbucket',
  title: 'Bitbucket Pipelines',
  layer: 'job',
  origins: [
    {
      when: { variables: ['BITBUCKET_STEP_OIDC_TOKEN'] },
      origin: { from: 'variable', variable: 'BITBUCKET_STEP_OIDC_TOKEN' },
    },
  ],
  incomplete: [
    {
      when: { variables: ['BITBUCKET_BUILD_NUMBER', 'BITBUCKET_STEP_UUID'] },
      missing: 'the step does not say `oidc: true`',
      fix: ({ audience }) => `Add to the step:\n    oidc:\n      audiences:\n        - ${audience}`,
    },
  ],
  audienceAdvice: ({ audience }) =>
    `write \`oidc: { audiences: [${audience}] }\` in the step, or trust its default audience in the identity`,
};
