// How to trust a workload of Scalr, as data; no logic.

import { NAME } from '../parameter-kinds.ts';
import type { Recipe } from '../recipe.ts';

export const recipe: Recipe = {
  preset: 'scalr',
  summary: 'Scalr: one workspace',
  parameters: [
    {
      ...NAME,
      name: 'account',
      description: 'the account',
      required: true,
      from: { claim: 'sub', pattern: '^account:([^:]+):' },
    },
    {
      ...NAME,
      name: 'environment',
      description: 'the environment',
      required: true,
      from: { claim: 'sub', pattern: ':environment:([^:]+):' },
    },
    {
      ...NAME,
      name: 'workspace',
      description: 'the workspace',
      required: true,
      from: { claim: 'sub', pattern: ':workspace:([^:]+)$' },
    },
  ],
  provider: { issuer: 'https://scalr.io' },
  variants: [
    {
      name: 'workload',
      needs: [],
      subject: 'account:{account}:environment:{environment}:workspace:{workspace}',
      who: 'runs of {account}/{environment}/{workspace}',
    },
  ],
  claims: {},
  neighbours: [
    { who: 'another workspace', set: { workspace: 'cambist-check' } },
    { who: 'another account', set: { account: 'cambist-check' } },
  ],
  warnings: ['There are names only, and all of them can change.'],
  accountName: 'scalr-{workspace}',
  configuration: {
    file: 'run script',
    text: `# Scalr gives the token to provider configurations; type the audience {audience} there and pass the token as ID_TOKEN.
set -eu
: "\${ID_TOKEN:?no token was passed}"
{exchange}
test -n "$ACCESS_TOKEN" # use it here
`,
  },
};
