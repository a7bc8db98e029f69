// Semaphore as a token source.

import type { Source } from '../source.ts';

export const source: Source = {
  name: 'semaphore',
  title: 'Semaphore',
  layer: 'job',
  origins: [
    { when: { variables: ['SEMAPHORE_OIDC_TOKEN'] }, origin: { from: 'variable', variable: 'SEMAPHORE_OIDC_TOKEN' } },
  ],
  incomplete: [],
  audienceAdvice: () => 'its audience cannot be chosen: trust the one it has in the identity',
};
