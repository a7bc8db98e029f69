// Google Cloud (Compute Engine, Cloud Run, Functions, GKE) as a token source, through the metadata server.

import type { Facts, Source, Way } from '../../cli/sources/source.ts';

const HEADERS = { 'metadata-flavor': 'Google' };

const identity: Way = {
  from: 'request',
  request: (facts) => ({
    url: `http://${override(facts) ?? 'metadata.google.internal'}/computeMetadata/v1/instance/service-accounts/default/identity?audience=${encodeURIComponent(facts.audience)}&format=full`,
    headers: HEADERS,
  }),
  answer: 'text',
};

function override({ variables }: Facts): string | null {
  const host = variables['GCE_METADATA_HOST'];
  return host === undefined || host === '' ? null : host;
}

export const google: Source = {
  name: 'google',
  title: 'Google Cloud',
  layer: 'machine',
  ways: [
    // Knative sets it on any cluster.
    { sign: { variables: ['K_SERVICE'], absent: ['KUBERNETES_SERVICE_HOST'] }, way: identity },
    { sign: { variables: ['CLOUD_RUN_JOB'] }, way: identity },
    { sign: { variables: ['GCE_METADATA_HOST'] }, way: identity },
    {
      sign: {
        probe: {
          // By address: a name that does not exist here can take seconds not to be found.
          request: (facts) => ({ url: `http://${override(facts) ?? '169.254.169.254'}/`, headers: HEADERS }),
          recognises: ({ headers }) => headers.get('metadata-flavor') === 'Google',
          found: 'the metadata server of Google answers',
        },
      },
      way: identity,
    },
  ],
  incomplete: [],
  audienceAdvice: null,
};
