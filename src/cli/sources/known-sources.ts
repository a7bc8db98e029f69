// Every token source, in the order in which they are considered: what the user set, then pipelines, then the machines they run on.

import { EVERY_SOURCE } from '../../platforms/every-source.ts';
import type { Source } from '../../platforms/source.ts';

/** What the user set beside the platform comes first: it is meant. */
const GIVEN: readonly Source[] = [
  {
    name: 'env',
    title: 'CAMBIST_ID_TOKEN',
    layer: 'job',
    origins: [
      { when: { variables: ['CAMBIST_ID_TOKEN'] }, origin: { from: 'variable', variable: 'CAMBIST_ID_TOKEN' } },
    ],
    incomplete: [],
    audienceAdvice: ({ audience }) => `ask its platform for a token with the audience ${audience}`,
  },
  {
    name: 'file',
    title: 'CAMBIST_ID_TOKEN_FILE',
    layer: 'job',
    origins: [
      { when: { variables: ['CAMBIST_ID_TOKEN_FILE'] }, origin: { from: 'file', path: '$CAMBIST_ID_TOKEN_FILE' } },
    ],
    incomplete: [],
    audienceAdvice: ({ audience }) => `ask its platform for a token with the audience ${audience}`,
  },
];

const PLATFORMS = Object.values(EVERY_SOURCE);

export const SOURCES: readonly Source[] = [
  ...GIVEN,
  ...PLATFORMS.filter(({ layer }) => layer === 'job'),
  ...PLATFORMS.filter(({ layer }) => layer === 'machine'),
];

/** What `--source` accepts, for help and messages. */
export const SOURCE_NAMES: readonly string[] = SOURCES.map(({ name }) => name);
