// Azure DevOps pipelines as a token source; the audience is fixed.

import type { Source } from '../source.ts';

export const source: Source = {
  name: 'azure-devops',
  title: 'Azure DevOps',
  layer: 'job',
  origins: [
    {
      when: { values: { TF_BUILD: 'true' }, variables: ['SYSTEM_OIDCREQUESTURI', 'SYSTEM_ACCESSTOKEN'] },
      origin: {
        from: 'request',
        request: ({ variables }) => {
          const connection = variables['CAMBIST_AZURE_SERVICE_CONNECTION_ID'];
          const query = connection === undefined ? '' : `&serviceConnectionId=${encodeURIComponent(connection)}`;
          return {
            url: `${variables['SYSTEM_OIDCREQUESTURI']}?api-version=7.1${query}`,
            method: 'POST',
            headers: {
              authorization: `Bearer ${variables['SYSTEM_ACCESSTOKEN']}`,
              'content-type': 'application/json',
            },
            body: '',
          };
        },
        answer: { member: 'oidcToken' },
      },
    },
  ],
  incomplete: [
    {
      when: { values: { TF_BUILD: 'true' }, variables: ['SYSTEM_OIDCREQUESTURI'] },
      missing: 'SYSTEM_ACCESSTOKEN is not in the environment of the step',
      fix: () => 'Add to the step:\n    env:\n      SYSTEM_ACCESSTOKEN: $(System.AccessToken)',
    },
    {
      when: { values: { TF_BUILD: 'true' } },
      missing: 'SYSTEM_OIDCREQUESTURI is not set',
      fix: () => 'The agent or the server is too old to give ID tokens to jobs.',
    },
  ],
  audienceAdvice: () => 'its audience is always api://AzureADTokenExchange: trust that in the identity',
};
