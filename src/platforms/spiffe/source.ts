// SPIFFE as a token source: a JWT-SVID from the Workload API.

import type { Source, TokenOrigin } from '../source.ts';

const origin: TokenOrigin = {
  from: 'protocol',
  obtain: async ({ context, retry }) => {
    const { fetchJwtSvid } = await import('./workload-api.ts');
    const socket = context.variables['SPIFFE_ENDPOINT_SOCKET'] ?? '';
    return await retry('SPIFFE Workload API', async () => await fetchJwtSvid(socket, context.audience));
  },
};

export const source: Source = {
  name: 'spiffe',
  title: 'SPIFFE Workload API',
  layer: 'machine',
  origins: [{ when: { variables: ['SPIFFE_ENDPOINT_SOCKET'] }, origin }],
  incomplete: [],
  audienceAdvice: null,
};
