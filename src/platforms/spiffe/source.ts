// SPIFFE as a token source: a JWT-SVID from the Workload API.

import type { Source } from '../../cli/sources/source.ts';

export const spiffe: Source = {
  name: 'spiffe',
  title: 'SPIFFE Workload API',
  layer: 'machine',
  ways: [{ sign: { variables: ['SPIFFE_ENDPOINT_SOCKET'] }, way: { from: 'spiffe' } }],
  incomplete: [],
  audienceAdvice: null,
};
