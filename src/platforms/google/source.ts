// Google Cloud (Compute Engine, Cloud Run, Functions, GKE) as a token source, through the metadata server.

import type { SourceContext, Source, TokenOrigin } from '../source.ts';

const HEADERS = { 'metadata-flavor': 'Google' };

const identity: TokenOrigin = {
  from: 'request',
  request: (context) => ({
    url: `http://${override(context) ?? 'metadata.google.internal'}/computeMetadata/v1/instance/service-accounts/default/identity?audience=${encodeURIComponent(context.audience)}&format=full`,
    headers: HEADERS,
  }),
  answer: 'text',
};

function override({ variables }: SourceContext): string | null {
  const host = variables['GCE_METADATA_HOST'];
  return host === undefined || host === '' ? null : host;
}

export const source: Source = {
  name: 'google',
  title: 'Google Cloud',
  layer: 'machine',
  origins: [
    // Knative sets it on any cluster.
    { when: { variables: ['K_SERVICE'], absent: ['KUBERNETES_SERVICE_HOST'] }, origin: identity },
    { when: { variables: ['CLOUD_RUN_JOB'] }, origin: identity },
    { when: { variables: ['GCE_METADATA_HOST'] }, origin: identity },
    {
      when: {
        probe: {
          // By address: a name that does not exist here can take seconds not to be found.
          request: (context) => ({ url: `http://${override(context) ?? '169.254.169.254'}/`, headers: HEADERS }),
          recognises: ({ headers }) => headers.get('metadata-flavor') === 'Google',
          found: 'the metadata server of Google answers',
        },
      },
      origin: identity,
    },
  ],
  incomplete: [],
  audienceAdvice: null,
};
