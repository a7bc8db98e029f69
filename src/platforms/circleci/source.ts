// CircleCI as a token source: its program gives a token with our audience, its variables only one with its own.

import type { Source } from '../source.ts';

export const source: Source = {
  name: 'circleci',
  title: 'CircleCI',
  layer: 'job',
  origins: [
    {
      when: { values: { CIRCLECI: 'true' }, variables: ['CIRCLE_OIDC_TOKEN_V2'], programs: ['circleci'] },
      origin: {
        from: 'program',
        program: 'circleci',
        arguments: ({ audience }) => ['run', 'oidc', 'get', '--claims', JSON.stringify({ aud: audience })],
      },
    },
    {
      when: { values: { CIRCLECI: 'true' }, variables: ['CIRCLE_OIDC_TOKEN_V2'] },
      origin: { from: 'variable', variable: 'CIRCLE_OIDC_TOKEN_V2' },
    },
    {
      when: { values: { CIRCLECI: 'true' }, variables: ['CIRCLE_OIDC_TOKEN'] },
      origin: { from: 'variable', variable: 'CIRCLE_OIDC_TOKEN' },
    },
  ],
  incomplete: [
    {
      when: { values: { CIRCLECI: 'true' } },
      missing: 'the job has no OpenID Connect token',
      fix: () =>
        'A build of a fork gets one only if the project passes secrets to builds from forked pull requests;\n' +
        'a job without a context may need one.',
    },
  ],
  audienceAdvice: () =>
    'without the `circleci` program in the job, the token carries the id of the organisation: trust that in the identity',
};
