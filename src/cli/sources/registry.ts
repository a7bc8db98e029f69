// Every token source, in the order in which they are considered: pipelines before the machines they run on.

import { aws } from './platforms/aws.ts';
import { azureDevops } from './platforms/azure-devops.ts';
import { azure } from './platforms/azure.ts';
import { bitbucket } from './platforms/bitbucket.ts';
import { buildkite } from './platforms/buildkite.ts';
import { circleci } from './platforms/circleci.ts';
import { codefresh } from './platforms/codefresh.ts';
import { fly } from './platforms/fly.ts';
import { github } from './platforms/github.ts';
import { gitlab } from './platforms/gitlab.ts';
import { gocdnext } from './platforms/gocdnext.ts';
import { google } from './platforms/google.ts';
import { jenkins } from './platforms/jenkins.ts';
import { kubernetes } from './platforms/kubernetes.ts';
import { pulumi } from './platforms/pulumi.ts';
import { semaphore } from './platforms/semaphore.ts';
import { spacelift } from './platforms/spacelift.ts';
import { spiffe } from './platforms/spiffe.ts';
import { terraformCloud } from './platforms/terraform-cloud.ts';
import { vercel } from './platforms/vercel.ts';
import type { Source } from './source.ts';

/** What the user set beside the platform comes first: it is meant. */
const given: readonly Source[] = [
  {
    name: 'env',
    title: 'CAMBIST_ID_TOKEN',
    layer: 'job',
    ways: [{ sign: { variables: ['CAMBIST_ID_TOKEN'] }, way: { from: 'variable', variable: 'CAMBIST_ID_TOKEN' } }],
    incomplete: [],
    audienceAdvice: ({ audience }) => `ask its platform for a token with the audience ${audience}`,
  },
  {
    name: 'file',
    title: 'CAMBIST_ID_TOKEN_FILE',
    layer: 'job',
    ways: [{ sign: { variables: ['CAMBIST_ID_TOKEN_FILE'] }, way: { from: 'file', path: '$CAMBIST_ID_TOKEN_FILE' } }],
    incomplete: [],
    audienceAdvice: ({ audience }) => `ask its platform for a token with the audience ${audience}`,
  },
];

export const SOURCES: readonly Source[] = [
  ...given,
  github,
  gitlab,
  bitbucket,
  circleci,
  buildkite,
  terraformCloud,
  azureDevops,
  codefresh,
  semaphore,
  spacelift,
  pulumi,
  jenkins,
  gocdnext,
  vercel,
  spiffe,
  fly,
  kubernetes,
  // Before AWS and Azure: their variables are easily set elsewhere too.
  google,
  azure,
  aws,
];

/** What `--source` accepts, for help and messages. */
export const SOURCE_NAMES: readonly string[] = SOURCES.map(({ name }) => name);
