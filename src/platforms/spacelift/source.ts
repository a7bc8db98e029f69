// Spacelift as a token source.

import type { Source } from '../source.ts';

export const source: Source = {
  name: 'spacelift',
  title: 'Spacelift',
  layer: 'job',
  origins: [
    { when: { variables: ['SPACELIFT_OIDC_TOKEN'] }, origin: { from: 'variable', variable: 'SPACELIFT_OIDC_TOKEN' } },
    {
      when: { paths: ['/mnt/workspace/spacelift.oidc'] },
      origin: { from: 'file', path: '/mnt/workspace/spacelift.oidc' },
    },
  ],
  incomplete: [],
  audienceAdvice: () => 'its audience cannot be chosen: trust the one it has in the identity',
};
