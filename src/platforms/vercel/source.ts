// Vercel builds and local development as a token source; its token is traded there for one with our audience.

import type { Source } from '../source.ts';

export const source: Source = {
  name: 'vercel',
  title: 'Vercel',
  layer: 'job',
  origins: [
    {
      when: { variables: ['VERCEL_OIDC_TOKEN'] },
      origin: {
        from: 'request',
        request: ({ variables, audience }) => ({
          url: 'https://oidc.vercel.com/~token',
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ token: variables['VERCEL_OIDC_TOKEN'], aud: audience }),
        }),
        answer: { member: 'token' },
      },
    },
  ],
  incomplete: [
    {
      when: { values: { VERCEL: '1' } },
      missing: 'VERCEL_OIDC_TOKEN is not set',
      fix: () =>
        'Turn on "Secure backend access with OIDC federation" in the settings of the project; locally, run `vercel env pull`.\n' +
        'A function gets its token in the header x-vercel-oidc-token of each request: hand it over as CAMBIST_ID_TOKEN.',
    },
  ],
  audienceAdvice: null,
};
