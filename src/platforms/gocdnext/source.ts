// gocdnext as a token source: the job names a variable, which is found by the audience of what it holds.

import type { Source } from '../source.ts';

export const source: Source = {
  name: 'gocdnext',
  title: 'gocdnext',
  layer: 'job',
  // Nothing but its own reserved names marks it.
  origins: [{ when: { prefix: 'GOCDNEXT_', tokenInVariables: true }, origin: { from: 'matching-variable' } }],
  incomplete: [
    {
      when: { prefix: 'GOCDNEXT_' },
      missing: 'no variable of the job holds an ID token for this deployment',
      fix: ({ audience }) => `Add to the job:\n    id_tokens:\n      CAMBIST_ID_TOKEN:\n        aud: ${audience}`,
    },
  ],
  audienceAdvice: ({ audience }) => `set \`aud: ${audience}\` under \`id_tokens\` of the job`,
};
