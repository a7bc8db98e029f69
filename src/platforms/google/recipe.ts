// How to trust a workload of Google service accounts, as data; no logic.

import { NUMBER } from '../parameter-kinds.ts';
import type { Recipe } from '../recipe.ts';

export const recipe: Recipe = {
  preset: 'google',
  summary: 'Google Cloud: one service account',
  parameters: [
    {
      ...NUMBER,
      name: 'unique-id',
      description:
        "the service account's unique id (gcloud iam service-accounts describe … --format='value(uniqueId)')",
      required: true,
      from: { claim: 'sub' },
    },
    {
      ...NUMBER,
      name: 'project-number',
      description: 'only Compute Engine machines of this project',
      isPin: true,
      from: { claim: '/google/compute_engine/project_number' },
    },
  ],
  provider: { issuer: 'https://accounts.google.com' },
  variants: [{ name: 'workload', needs: [], subject: '{unique-id}', who: 'the Google service account {unique-id}' }],
  conditions: { '/google/compute_engine/project_number': '{project-number}' },
  claims: { email_verified: true, google: { compute_engine: { project_number: '{project-number}' } } },
  neighbours: [
    { who: 'another Google account', set: { 'unique-id': '0' } },
    { who: 'a machine of another project', set: { 'project-number': '0' }, needs: ['project-number'] },
  ],
  accountName: 'google-{unique-id}',
  configuration: {
    file: 'token.sh',
    text: `#!/bin/sh
set -eu
ID_TOKEN=$(curl --silent --show-error --fail --retry 3 --max-time 30 --header 'metadata-flavor: Google' \\
  'http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/identity?audience={url audience}&format=full')
test -n "$ID_TOKEN"
{exchange}
test -n "$ACCESS_TOKEN" # use it here
`,
  },
};
