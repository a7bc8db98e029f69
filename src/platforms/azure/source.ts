// Azure managed identity as a token source: App Service, Functions and Container Apps by variables, virtual machines by metadata.

import type { Facts, Source } from '../../cli/sources/source.ts';

function client({ variables }: Facts): string {
  const id = variables['AZURE_CLIENT_ID'];
  return id === undefined || id === '' ? '' : `&client_id=${encodeURIComponent(id)}`;
}

function metadataHost({ variables }: Facts): string {
  return variables['AZURE_POD_IDENTITY_AUTHORITY_HOST'] ?? 'http://169.254.169.254';
}

export const azure: Source = {
  name: 'azure',
  title: 'Azure managed identity',
  layer: 'machine',
  ways: [
    {
      sign: { variables: ['IDENTITY_ENDPOINT', 'IDENTITY_HEADER'] },
      way: {
        from: 'request',
        request: (facts) => ({
          url: `${facts.variables['IDENTITY_ENDPOINT']}?api-version=2019-08-01&resource=${encodeURIComponent(facts.audience)}${client(facts)}`,
          headers: { 'x-identity-header': facts.variables['IDENTITY_HEADER'] ?? '' },
        }),
        answer: { member: 'access_token' },
      },
    },
    {
      sign: {
        probe: {
          request: (facts) => ({
            url: `${metadataHost(facts)}/metadata/instance?api-version=2021-02-01`,
            headers: { metadata: 'true' },
          }),
          recognises: ({ status, text }) => status === 200 && text.startsWith('{') && text.includes('"compute"'),
          found: 'the metadata service of Azure answers',
        },
      },
      way: {
        from: 'request',
        request: (facts) => ({
          url: `${metadataHost(facts)}/metadata/identity/oauth2/token?api-version=2018-02-01&resource=${encodeURIComponent(facts.audience)}${client(facts)}`,
          headers: { metadata: 'true' },
        }),
        answer: { member: 'access_token' },
      },
    },
  ],
  incomplete: [],
  audienceAdvice: ({ audience }) =>
    `the tenant needs an app registration whose Application ID URI is ${audience}, or pass another one with --id-token-audience`,
};
