// Spacelift as a token source.

import type { Source } from '../../cli/sources/source.ts';

export const spacelift: Source = {
  name: 'spacelift',
  title: 'Spacelift',
  layer: 'job',
  ways: [
    { sign: { variables: ['SPACELIFT_OIDC_TOKEN'] }, way: { from: 'variable', variable: 'SPACELIFT_OIDC_TOKEN' } },
    {
      sign: { paths: ['/mnt/workspace/spacelift.oidc'] },
      way: { from: 'file', path: '/mnt/workspace/spacelift.oidc' },
    },
  ],
  incomplete: [],
  audienceAdvice: () => 'its audience cannot be chosen: trust the one it has in the identity',
};
