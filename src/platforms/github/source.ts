// GitHub Actions, and runners that speak its protocol (Forgejo), as a token source.

import type { Source } from '../source.ts';

export const source: Source = {
  name: 'github',
  title: 'GitHub Actions',
  layer: 'job',
  origins: [
    {
      when: { variables: ['ACTIONS_ID_TOKEN_REQUEST_URL', 'ACTIONS_ID_TOKEN_REQUEST_TOKEN'] },
      origin: {
        from: 'request',
        request: ({ variables, audience }) => {
          const url = variables['ACTIONS_ID_TOKEN_REQUEST_URL'] ?? '';
          return {
            // The URL already has a query string.
            url: `${url}${url.includes('?') ? '&' : '?'}audience=${encodeURIComponent(audience)}`,
            headers: { authorization: `Bearer ${variables['ACTIONS_ID_TOKEN_REQUEST_TOKEN']}` },
          };
        },
        answer: { member: 'value' },
      },
    },
  ],
  incomplete: [
    {
      when: { values: { FORGEJO_ACTIONS: 'true' } },
      missing: 'the workflow does not ask for OpenID Connect',
      fix: () => 'Add to the job (or the workflow):\n    enable-openid-connect: true',
    },
    {
      when: { values: { GITHUB_ACTIONS: 'true' } },
      missing: 'the job lacks the permission `id-token: write`',
      fix: () =>
        'Add to the job (or the workflow):\n    permissions:\n      id-token: write\n      contents: read\n' +
        'A reusable workflow needs it in the caller too, and a pull request from a fork never gets it.\n' +
        'On Forgejo it is `enable-openid-connect: true`.',
    },
  ],
  audienceAdvice: null,
};
