// SPIFFE as a token source: a JWT-SVID from the Workload API.

import type { Source } from '../source.ts';

export const source: Source = {
  name: 'spiffe',
  title: 'SPIFFE Workload API',
  layer: 'machine',
  origins: [{ when: { variables: ['SPIFFE_ENDPOINT_SOCKET'] }, origin: { from: 'spiffe' } }],
  incomplete: [],
  audienceAdvice: null,
};
