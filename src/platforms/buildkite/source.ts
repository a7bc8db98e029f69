// Buildkite as a token source, through its agent.

import type { Source } from '../source.ts';

export const source: Source = {
  name: 'buildkite',
  title: 'Buildkite',
  layer: 'job',
  origins: [
    {
      when: {
        values: { BUILDKITE: 'true' },
        variables: ['BUILDKITE_JOB_ID', 'BUILDKITE_AGENT_ACCESS_TOKEN'],
        programs: ['buildkite-agent'],
      },
      origin: {
        from: 'program',
        program: 'buildkite-agent',
        // The ids survive renames; a rule can pin them.
        arguments: ({ audience }) => [
          'oidc',
          'request-token',
          '--audience',
          audience,
          '--claim',
          'organization_id,pipeline_id',
        ],
      },
    },
  ],
  incomplete: [
    {
      when: { values: { BUILDKITE: 'true' } },
      missing: 'the buildkite-agent program or its access token is not in this environment',
      fix: () =>
        'In a container, pass the agent in: the docker plugin has `mount-buildkite-agent: true` and `propagate-environment: true`.',
    },
  ],
  audienceAdvice: null,
};
