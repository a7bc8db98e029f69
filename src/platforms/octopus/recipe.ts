// How to trust a workload of Octopus Deploy, as data; no logic.

import { SLUG } from '../parameter-kinds.ts';
import type { Recipe } from '../recipe.ts';

export const recipe: Recipe = {
  preset: 'octopus',
  summary: 'Octopus Deploy: a project in an environment',
  parameters: [
    {
      name: 'server',
      value: 'url',
      description: 'the server, such as https://acme.octopus.app',
      required: true,
      pattern: ['https://[^\\s*]+', 'an https URL'],
      from: { claim: 'iss' },
    },
    {
      ...SLUG,
      name: 'space',
      description: 'the space',
      default: 'default',
      from: { claim: 'sub', pattern: '^space:([^:]+):' },
    },
    {
      ...SLUG,
      name: 'project',
      description: 'the project',
      required: true,
      from: { claim: 'sub', pattern: ':project:([^:]+)' },
    },
    { ...SLUG, name: 'tenant', description: 'the tenant', from: { claim: 'sub', pattern: ':tenant:([^:]+)' } },
    {
      ...SLUG,
      name: 'environment',
      description: 'the environment',
      required: true,
      from: { claim: 'sub', pattern: ':environment:([^:]+)' },
    },
  ],
  provider: { issuer: '{server}' },
  variants: [
    {
      name: 'tenant',
      needs: ['tenant'],
      subject: 'space:{space}:project:{project}:tenant:{tenant}:environment:{environment}',
      who: 'deployments of {project} for {tenant} to {environment}',
    },
    {
      name: 'environment',
      needs: [],
      subject: 'space:{space}:project:{project}:environment:{environment}',
      who: 'deployments of {project} to {environment}',
    },
  ],
  claims: {},
  neighbours: [
    { who: 'another environment', set: { environment: 'cambist-check' } },
    { who: 'another project', set: { project: 'cambist-check' } },
    { who: 'a health check', change: { sub: 'space:{space}:target:web' } },
  ],
  accountName: 'octopus-{project}',
  configuration: {
    file: 'deployment script',
    text: `# The account variable is called Cambist, its audience is {audience}.
set -eu
ID_TOKEN=$(get_octopusvariable 'Cambist.OpenIdConnect.Jwt')
test -n "$ID_TOKEN"
{exchange}
set_octopusvariable 'AccessToken' "$ACCESS_TOKEN" -sensitive
`,
  },
};
