// How to trust a workload of Vercel.

import { NAME, SLUG } from '../parameter-kinds.ts';
import type { Recipe } from '../recipe.ts';

export const recipe: Recipe = {
  preset: 'vercel',
  summary: 'Vercel: a project in one environment',
  parameters: [
    { ...SLUG, name: 'team', description: 'the team', required: true, from: { claim: 'owner' } },
    { ...NAME, name: 'project', description: 'the project', required: true, from: { claim: 'project' } },
    {
      ...NAME,
      name: 'environment',
      description: 'production, preview or development',
      default: 'production',
      from: { claim: 'environment' },
    },
    {
      name: 'owner-id',
      value: 'team_…',
      description: "the team's id",
      pattern: ['[A-Za-z0-9_.-]+', 'a slug'],
      isPin: true,
      from: { claim: 'owner_id' },
    },
    {
      name: 'project-id',
      value: 'prj_…',
      description: "the project's id",
      pattern: ['[A-Za-z0-9_.-]+', 'a slug'],
      isPin: true,
      from: { claim: 'project_id' },
    },
    {
      name: 'global-issuer',
      value: null,
      description: 'the project uses the issuer that all teams share',
      isPin: true,
      from: { claim: 'iss', pattern: '^(https://oidc\\.vercel\\.com)$' },
    },
  ],
  derive: (given) => [
    ['issuer', `https://oidc.vercel.com${given.has('global-issuer') ? '' : `/${given.get('team') ?? ''}`}`],
  ],
  provider: { issuer: '{issuer}' },
  variants: [
    {
      name: 'workload',
      needs: [],
      subject: 'owner:{team}:project:{project}:environment:{environment}',
      who: '{project} of {team} in {environment}',
    },
  ],
  conditions: { owner_id: '{owner-id}', project_id: '{project-id}' },
  claims: {
    owner: '{team}',
    project: '{project}',
    environment: '{environment}',
    owner_id: '{owner-id}',
    project_id: '{project-id}',
  },
  names: { owner: 'owner-id', project: 'project-id' },
  neighbours: [
    { who: 'another environment', set: { environment: 'cambist-check' } },
    { who: 'another project', set: { project: 'cambist-check' } },
    { who: 'another project under the same name', set: { 'project-id': 'prj_1' }, needs: ['project-id'] },
  ],
  accountName: 'vercel-{project}',
  configuration: {
    file: 'token.sh',
    text: `#!/bin/sh
set -eu
# During a build; in a function read the header x-vercel-oidc-token instead.
: "\${VERCEL_OIDC_TOKEN:?switch on OIDC federation in the settings of the project}"
answer=$(printf '{"token":"%s","aud":"{audience}"}' "$VERCEL_OIDC_TOKEN" |
  curl --silent --show-error --fail --retry 3 --max-time 30 --header 'content-type: application/json' --data @- 'https://oidc.vercel.com/~token')
ID_TOKEN=$(printf '%s' "$answer" | sed -n 's/.*"token" *: *"\\([^"]*\\)".*/\\1/p')
test -n "$ID_TOKEN" || { echo 'Vercel answered without a token' >&2; exit 1; }
{exchange}
test -n "$ACCESS_TOKEN" # use it here
`,
  },
};
