// How to trust a workload of Azure managed identities.

import { UUID } from '../parameter-kinds.ts';
import type { Recipe } from '../recipe.ts';

export const recipe: Recipe = {
  preset: 'azure',
  summary: 'Azure: one managed identity',
  parameters: [
    { ...UUID, name: 'tenant', description: 'the tenant', required: true, from: { claim: 'tid' } },
    {
      ...UUID,
      name: 'object-id',
      description: "the managed identity's object (principal) id",
      required: true,
      from: { claim: 'oid' },
    },
    {
      name: 'application',
      value: 'uri',
      description: 'the Application ID URI of the app registration that tokens are asked for',
      required: true,
      from: { claim: 'aud' },
    },
    {
      name: 'issuer',
      value: 'url',
      description: "the tokens' iss; the app registration decides between v1.0 (the default) and v2.0",
      pattern: ['https://[^\\s*]+', 'an https URL'],
      isPin: true,
      from: { claim: 'iss' },
    },
  ],
  derive: (given) => [['issuer', given.get('issuer') ?? `https://sts.windows.net/${given.get('tenant') ?? ''}/`]],
  provider: { issuer: '{issuer}', maxTokenLifetime: 90_000 },
  audience: '{application}',
  variants: [{ name: 'workload', needs: [], subject: '{object-id}', who: 'the managed identity {object-id}' }],
  conditions: { tid: '{tenant}' },
  claims: { tid: '{tenant}', oid: '{object-id}', idtyp: 'app' },
  neighbours: [
    { who: 'another managed identity of the tenant', set: { 'object-id': '00000000-0000-4000-8000-000000000000' } },
    { who: 'a person', change: { idtyp: 'user' } },
  ],
  warnings: [
    'A token lives 24 hours and the platform caches it: whoever can read one on the machine has it that long.',
  ],
  accountName: 'azure-{object-id}',
  configuration: {
    file: 'token.sh',
    text: `#!/bin/sh
set -eu
answer=$(curl --silent --show-error --fail --retry 3 --max-time 30 --header 'metadata: true' \\
  'http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource={url application}')
ID_TOKEN=$(printf '%s' "$answer" | sed -n 's/.*"access_token" *: *"\\([^"]*\\)".*/\\1/p')
test -n "$ID_TOKEN" || { echo 'the metadata service answered without a token' >&2; exit 1; }
{exchange}
test -n "$ACCESS_TOKEN" # use it here
`,
  },
};
