// How to trust a workload of Cloudflare Access, as data; no logic.

import { NAME } from '../parameter-kinds.ts';
import type { Recipe } from '../recipe.ts';

export const recipe: Recipe = {
  preset: 'cloudflare-access',
  summary: 'Cloudflare Access: one service token',
  parameters: [
    {
      ...NAME,
      name: 'team',
      description: 'the team',
      required: true,
      from: { claim: 'iss', pattern: '^https://([^.]+)\\.cloudflareaccess\\.com$' },
    },
    {
      name: 'application',
      value: 'tag',
      description: 'the AUD tag of the application',
      required: true,
      pattern: ['[0-9a-f]{64}', '64 hexadecimal digits'],
      from: { claim: '/aud/0' },
    },
    {
      name: 'client-id',
      value: 'id',
      description: "the service token's client id",
      required: true,
      pattern: ['[0-9a-f]+\\.access', 'ID.access'],
      from: { claim: 'common_name' },
    },
  ],
  provider: {
    issuer: 'https://{team}.cloudflareaccess.com',
    jwksUri: 'https://{team}.cloudflareaccess.com/cdn-cgi/access/certs',
    subjectClaim: 'common_name',
  },
  audience: '{application}',
  variants: [{ name: 'workload', needs: [], subject: '{client-id}', who: 'the service token {client-id}' }],
  claims: { type: 'app', common_name: '{client-id}' },
  neighbours: [
    { who: 'another service token', set: { 'client-id': '0.access' } },
    { who: 'a session of a person', change: { type: 'org' } },
  ],
  warnings: ['The audience names the application: whoever operates it can replay its tokens.'],
  accountName: 'cloudflare-access-{slug}',
  configuration: {
    file: 'token.sh',
    text: `#!/bin/sh
# Behind Access: the application hands over the header Cf-Access-Jwt-Assertion of the request as ID_TOKEN.
set -eu
: "\${ID_TOKEN:?no Cf-Access-Jwt-Assertion was passed}"
{exchange}
test -n "$ACCESS_TOKEN" # use it here
`,
  },
};
