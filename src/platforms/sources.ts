// Every token source, in the order in which they are considered: pipelines before the machines they run on.

import { aws } from './aws/source.ts';
import { azureDevops } from './azure-devops/source.ts';
import { azure } from './azure/source.ts';
import { bitbucket } from './bitbucket/source.ts';
import { buildkite } from './buildkite/source.ts';
import { circleci } from './circleci/source.ts';
import { codefresh } from './codefresh/source.ts';
import { fly } from './fly/source.ts';
import { github } from './github/source.ts';
import { gitlab } from './gitlab/source.ts';
import { gocdnext } from './gocdnext/source.ts';
import { google } from './google/source.ts';
import { jenkins } from './jenkins/source.ts';
import { kubernetes } from './kubernetes/source.ts';
import { pulumi } from './pulumi/source.ts';
import { semaphore } from './semaphore/source.ts';
import { spacelift } from './spacelift/source.ts';
import { spiffe } from './spiffe/source.ts';
import { terraformCloud } from './terraform-cloud/source.ts';
import { vercel } from './vercel/source.ts';
import type { Source } from '../cli/sources/source.ts';

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
