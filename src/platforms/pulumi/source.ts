// Pulumi Deployments as a token source.

import type { Source } from '../source.ts';

export const source: Source = {
  name: 'pulumi',
  title: 'Pulumi Deployments',
  layer: 'job',
  origins: [
    { when: { variables: ['PULUMI_OIDC_TOKEN'] }, origin: { from: 'variable', variable: 'PULUMI_OIDC_TOKEN' } },
    { when: { paths: ['/mnt/pulumi/pulumi.oidc'] }, origin: { from: 'file', path: '/mnt/pulumi/pulumi.oidc' } },
  ],
  incomplete: [],
  audienceAdvice: () => 'its audience cannot be chosen: trust the one it has in the identity',
};
