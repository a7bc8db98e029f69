// Fly.io machines as a token source, over the unix socket of their local API.

import type { Source } from '../source.ts';

export const source: Source = {
  name: 'fly',
  title: 'Fly.io',
  layer: 'machine',
  origins: [
    {
      when: { paths: ['/.fly/api'] },
      origin: {
        from: 'request',
        request: ({ audience }) => ({
          url: 'http://localhost/v1/tokens/oidc',
          socket: '/.fly/api',
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ aud: audience }),
        }),
        answer: 'text',
      },
    },
  ],
  incomplete: [
    {
      when: { variables: ['FLY_APP_NAME', 'FLY_MACHINE_ID'] },
      missing: 'the socket /.fly/api is not there',
      fix: () => 'In a container on the machine, mount /.fly/api into it.',
    },
  ],
  audienceAdvice: null,
};
