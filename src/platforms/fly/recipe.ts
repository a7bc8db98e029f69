// How to trust a workload of Fly.io, as data; no logic.

import { NAME, SLUG } from '../parameter-kinds.ts';
import type { Recipe } from '../recipe.ts';

export const recipe: Recipe = {
  preset: 'fly',
  summary: 'Fly.io: the machines of an app',
  parameters: [
    { ...SLUG, name: 'organization', description: 'the organization', required: true, from: { claim: 'org_name' } },
    { ...NAME, name: 'app', description: 'the app', required: true, from: { claim: 'app_name' } },
    {
      name: 'organization-id',
      value: 'id',
      description: "the organization's id",
      isPin: true,
      from: { claim: 'org_id' },
    },
    { name: 'app-id', value: 'id', description: "the app's id", isPin: true, from: { claim: 'app_id' } },
  ],
  provider: { issuer: 'https://oidc.fly.io/{organization}' },
  variants: [
    {
      name: 'workload',
      needs: [],
      subject: '{organization}:{app}:*',
      isGlob: true,
      who: 'every machine of {organization}/{app}',
    },
  ],
  conditions: { org_id: '{organization-id}', app_id: '{app-id}' },
  claims: { org_name: '{organization}', app_name: '{app}', org_id: '{organization-id}', app_id: '{app-id}' },
  neighbours: [
    { who: 'another app', set: { app: 'cambist-check' } },
    { who: 'another app under the same name', set: { 'app-id': '0' }, needs: ['app-id'] },
  ],
  accountName: 'fly-{app}',
  configuration: {
    file: 'token.sh',
    text: `#!/bin/sh
set -eu
ID_TOKEN=$(curl --silent --show-error --fail --retry 3 --max-time 30 --unix-socket /.fly/api --header 'content-type: application/json' \\
  --data '{"aud":"{audience}"}' http://localhost/v1/tokens/oidc)
test -n "$ID_TOKEN"
{exchange}
test -n "$ACCESS_TOKEN" # use it here
`,
  },
};
