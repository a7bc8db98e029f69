// How to trust a workload of Pulumi Cloud, as data; no logic.

import { HOST, NAME } from '../parameter-kinds.ts';
import type { Recipe } from '../recipe.ts';

export const recipe: Recipe = {
  preset: 'pulumi',
  summary: 'Pulumi Deployments: a stack',
  parameters: [
    { ...NAME, name: 'organization', description: 'the organization', required: true, from: { claim: 'org' } },
    { ...NAME, name: 'project', description: 'the project', required: true, from: { claim: 'project' } },
    { ...NAME, name: 'stack', description: 'the stack', required: true, from: { claim: 'stack' } },
    {
      name: 'operation',
      value: 'operation',
      description: 'preview, update, refresh or destroy',
      pattern: ['preview|update|refresh|destroy', 'preview, update, refresh or destroy'],
      default: 'update',
      from: { claim: 'operation' },
    },
    {
      ...HOST,
      name: 'host',
      description: 'the host of a self-hosted API',
      default: 'api.pulumi.com',
      from: { claim: 'iss', pattern: '^https://([^/]+)/oidc$' },
    },
  ],
  provider: { issuer: 'https://{host}/oidc' },
  audience: '{organization}',
  singleUse: true,
  variants: [
    {
      name: 'workload',
      needs: [],
      subject: 'pulumi:deploy:org:{organization}:project:{project}:stack:{stack}:operation:{operation}:scope:write',
      who: 'the {operation} of {organization}/{project}/{stack}',
    },
  ],
  conditions: { org: '{organization}' },
  claims: { org: '{organization}', project: '{project}', stack: '{stack}', operation: '{operation}', scope: 'write' },
  neighbours: [
    { who: 'another operation', set: { operation: 'cambist-check' } },
    { who: 'another stack', set: { stack: 'cambist-check' } },
    { who: 'another organization', set: { organization: 'cambist-check' } },
  ],
  warnings: [
    'The audience is the name of the organization and cannot be chosen: every service that gets a token can replay it. Each token is accepted once.',
  ],
  accountName: 'pulumi-{project}-{stack}',
  configuration: {
    file: 'pre-run command',
    text: `set -eu
ID_TOKEN=$(cat /mnt/pulumi/pulumi.oidc)
{exchange}
test -n "$ACCESS_TOKEN" # use it here
`,
  },
};
