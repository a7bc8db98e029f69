// Azure managed identity as a token source: App Service, Functions and Container Apps by variables, virtual machines by metadata.

import type { SourceContext, Source } from '../source.ts';

function client({ variables }: SourceContext): string {
  const id = variables['AZURE_CLIENT_ID'];
  return id === undefined || id === '' ? '' : `&client_id=${encodeURIComponent(id)}`;
}

function metadataHost({ variables }: SourceContext): string {
  return variables['AZURE_POD_IDENTITY_AUTHORITY_HOST'] ?? 'http://169.254.169.254';
}

export const source: Source = {
  name: 'azure',
  title: 'Azure managed identity',
  layer: 'machine',
  origins: [
    {
      when: { variables: ['IDENTITY_ENDPOINT', 'IDENTITY_HEADER'] },
      origin: {
        from: 'request',
        request: (context) => ({
          url: `${context.variables['IDENTITY_ENDPOINT']}?api-version=2019-08-01&resource=${encodeURIComponent(context.audience)}${client(context)}`,
          headers: { 'x-identity-header': context.variables['IDENTITY_HEADER'] ?? '' },
        }),
        answer: { member: 'access_token' },
      },
    },
    {
      when: {
        probe: {
          request: (context) => ({
            url: `${metadataHost(context)}/metadata/instance?api-version=2021-02-01`,
            headers: { metadata: 'true' },
          }),
          recognises: ({ status, text }) => status === 200 && text.startsWith('{') && text.includes('"compute"'),
          found: 'the metadata service of Azure answers',
        },
      },
      origin: {
        from: 'request',
        request: (context) => ({
          url: `${metadataHost(context)}/metadata/identity/oauth2/token?api-version=2018-02-01&resource=${encodeURIComponent(context.audience)}${client(context)}`,
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
