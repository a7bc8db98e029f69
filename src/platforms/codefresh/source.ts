// Codefresh as a token source.

import type { Source } from '../source.ts';

export const source: Source = {
  name: 'codefresh',
  title: 'Codefresh',
  layer: 'job',
  origins: [
    {
      when: { variables: ['CF_OIDC_REQUEST_URL', 'CF_OIDC_REQUEST_TOKEN'] },
      origin: {
        from: 'request',
        request: ({ variables, audience }) => {
          const url = variables['CF_OIDC_REQUEST_URL'] ?? '';
          return {
            url: `${url}${url.includes('?') ? '&' : '?'}audience=${encodeURIComponent(audience)}`,
            // Without "Bearer", as its documentation says.
            headers: { authorization: variables['CF_OIDC_REQUEST_TOKEN'] ?? '' },
          };
        },
        answer: { member: 'id_token' },
      },
    },
  ],
  incomplete: [],
  audienceAdvice: null,
};
