// Semaphore as a token source.

import type { Source } from '../../cli/sources/source.ts';

export const semaphore: Source = {
  name: 'semaphore',
  title: 'Semaphore',
  layer: 'job',
  ways: [
    { sign: { variables: ['SEMAPHORE_OIDC_TOKEN'] }, way: { from: 'variable', variable: 'SEMAPHORE_OIDC_TOKEN' } },
  ],
  incomplete: [],
  audienceAdvice: () => 'its audience cannot be chosen: trust the one it has in the identity',
};
