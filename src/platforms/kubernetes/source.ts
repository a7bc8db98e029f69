// Kubernetes as a token source: a projected service account token, which must be for our audience.

import type { Source } from '../source.ts';

const PLACES = [
  '/var/run/secrets/cambist',
  '/var/run/secrets/tokens',
  '$AWS_WEB_IDENTITY_TOKEN_FILE',
  '$AZURE_FEDERATED_TOKEN_FILE',
  '/var/run/secrets/kubernetes.io/serviceaccount/token',
];

export const source: Source = {
  name: 'kubernetes',
  title: 'Kubernetes',
  layer: 'machine',
  origins: [
    {
      when: { variables: ['KUBERNETES_SERVICE_HOST'], tokenInFiles: PLACES },
      origin: { from: 'matching-file', paths: PLACES },
    },
  ],
  incomplete: [
    {
      when: { variables: ['KUBERNETES_SERVICE_HOST'] },
      missing: 'no projected token of the pod is for this deployment',
      fix: ({ audience }) =>
        [
          'Add to the pod, and mount the volume at /var/run/secrets/tokens:',
          '    volumes:',
          '      - name: cambist-token',
          '        projected:',
          '          sources:',
          '            - serviceAccountToken:',
          '                path: cambist',
          `                audience: ${audience}`,
          '                expirationSeconds: 3600',
          'A token somewhere else is given with CAMBIST_ID_TOKEN_FILE.',
        ].join('\n'),
    },
  ],
  audienceAdvice: ({ audience }) => `set \`audience: ${audience}\` in the projected volume of the pod`,
};
