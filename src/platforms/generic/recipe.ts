// How to trust a workload of any OIDC issuer, as data; no logic.

import type { Recipe } from '../recipe.ts';

export const recipe: Recipe = {
  preset: 'generic',
  summary: 'any OIDC issuer: one subject',
  examples: [
    'cambist bootstrap generic --issuer https://issuer.example.com --subject job:deploy --condition tenant=acme',
  ],
  parameters: [
    {
      name: 'issuer',
      value: 'url',
      description: 'the iss of the tokens, byte for byte',
      required: true,
      from: { claim: 'iss' },
    },
    {
      name: 'subject',
      value: 'sub',
      description: 'the sub of the tokens; with --glob a pattern',
      required: true,
      mayGlob: true,
      from: { claim: 'sub' },
    },
    {
      name: 'glob',
      value: null,
      description: 'the subject is a pattern: "*" is any run without ":" or "/", "**" any run',
    },
    {
      name: 'jwks-uri',
      value: 'url',
      description: 'where the keys are, if the issuer has no discovery document',
      pattern: ['https?://.+', 'a URL'],
      isPin: true,
    },
    {
      name: 'jwks',
      value: 'file',
      description: 'a file with the keys, for an issuer that cannot be reached',
      isPin: true,
    },
    {
      name: 'subject-claim',
      value: 'claim',
      description: 'the claim that is read as the subject, if not sub',
      isPin: true,
    },
  ],
  provider: { issuer: '{issuer}', jwksUri: '{jwks-uri}' },
  variants: [
    {
      name: 'glob',
      needs: ['glob'],
      subject: '{subject}',
      isGlob: true,
      who: 'tokens of {issuer} whose subject is like {subject}',
    },
    { name: 'exact', needs: [], subject: '{subject}', who: 'tokens of {issuer} with the subject {subject}' },
  ],
  claims: {},
  neighbours: [{ who: 'another subject', change: { sub: 'cambist-check' } }],
  warnings: [
    'Nothing is known of this issuer: find out whether people, pull requests or forks can get a token with the same subject, and narrow the rule with --condition.',
  ],
  accountName: 'workload-{slug}',
  configuration: {
    file: 'token.sh',
    text: `#!/bin/sh
set -eu
: "\${ID_TOKEN:?put the ID token of the workload, made for the audience {audience}, into ID_TOKEN}"
{exchange}
test -n "$ACCESS_TOKEN" # use it here
`,
  },
};
