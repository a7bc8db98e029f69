// CircleCI as a token source: its program gives a token with our audience, its variables only one with its own.

import type { Source } from '../../cli/sources/source.ts';

export const circleci: Source = {
  name: 'circleci',
  title: 'CircleCI',
  layer: 'job',
  ways: [
    {
      sign: { values: { CIRCLECI: 'true' }, variables: ['CIRCLE_OIDC_TOKEN_V2'], programs: ['circleci'] },
      way: {
        from: 'program',
        program: 'circleci',
        arguments: ({ audience }) => ['run', 'oidc', 'get', '--claims', JSON.stringify({ aud: audience })],
      },
    },
    {
      sign: { values: { CIRCLECI: 'true' }, variables: ['CIRCLE_OIDC_TOKEN_V2'] },
      way: { from: 'variable', variable: 'CIRCLE_OIDC_TOKEN_V2' },
    },
    {
      sign: { values: { CIRCLECI: 'true' }, variables: ['CIRCLE_OIDC_TOKEN'] },
      way: { from: 'variable', variable: 'CIRCLE_OIDC_TOKEN' },
    },
  ],
  incomplete: [
    {
      sign: { values: { CIRCLECI: 'true' } },
      missing: 'the job has no OpenID Connect token',
      fix: () =>
        'A build of a fork gets one only where the project passes secrets to builds from forked pull requests;\n' +
        'a job without a context may need one.',
    },
  ],
  audienceAdvice: () =>
    'without the `circleci` program in the job, the token carries the id of the organisation: trust that in the identity',
};
