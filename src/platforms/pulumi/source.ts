// Pulumi Deployments as a token source.

import type { Source } from '../../cli/sources/source.ts';

export const pulumi: Source = {
  name: 'pulumi',
  title: 'Pulumi Deployments',
  layer: 'job',
  ways: [
    { sign: { variables: ['PULUMI_OIDC_TOKEN'] }, way: { from: 'variable', variable: 'PULUMI_OIDC_TOKEN' } },
    { sign: { paths: ['/mnt/pulumi/pulumi.oidc'] }, way: { from: 'file', path: '/mnt/pulumi/pulumi.oidc' } },
  ],
  incomplete: [],
  audienceAdvice: () => 'its audience cannot be chosen: trust the one it has in the identity',
};
