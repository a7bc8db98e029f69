// How to trust a workload of SPIFFE.

import type { Recipe } from '../recipe.ts';

export const recipe: Recipe = {
  preset: 'spiffe',
  summary: 'SPIFFE: one SPIFFE ID (JWT-SVID)',
  parameters: [
    {
      name: 'spiffe-id',
      value: 'spiffe://…',
      description: 'the workload',
      required: true,
      pattern: ['spiffe://[a-z0-9._-]+(?:/[A-Za-z0-9._-]+)+', 'spiffe://trust-domain/path'],
      from: { claim: 'sub' },
    },
    { name: 'issuer', value: 'url', description: 'the iss of the tokens, where they have one', from: { claim: 'iss' } },
    {
      name: 'jwks-uri',
      value: 'url',
      description: "where the trust domain's keys are",
      pattern: ['https://.+', 'an https URL'],
      isPin: true,
    },
    { name: 'jwks', value: 'file', description: "a file with the trust domain's keys", isPin: true },
  ],
  derive: (given) => {
    const domain = /^spiffe:\/\/([^/]+)/.exec(given.get('spiffe-id') ?? '')?.[1] ?? '';
    return [
      ['trust-domain', domain],
      ['issuer', given.get('issuer') ?? `spiffe://${domain}`],
    ];
  },
  provider: { issuer: '{issuer}', jwksUri: '{jwks-uri}' },
  variants: [{ name: 'workload', needs: [], subject: '{spiffe-id}', who: 'the workload {spiffe-id}' }],
  claims: {},
  neighbours: [
    { who: 'another workload of the trust domain', set: { 'spiffe-id': 'spiffe://{trust-domain}/cambist-check' } },
  ],
  accountName: 'spiffe-{slug}',
  configuration: {
    file: 'token.sh',
    text: `#!/bin/sh
set -eu
ID_TOKEN=$(spire-agent api fetch jwt -audience {audience} -spiffeID {spiffe-id} -output json | sed -n 's/.*"svid" *: *"\\([^"]*\\)".*/\\1/p')
test -n "$ID_TOKEN" || { echo 'the SPIRE agent gave no JWT-SVID' >&2; exit 1; }
{exchange}
test -n "$ACCESS_TOKEN" # use it here
`,
  },
};
