// AWS (Lambda, ECS, EC2) as a token source: STS signs an ID token for whoever holds the role's credentials.

import { EC2_SESSION_SECONDS } from '../limits.ts';
import type { Source, TokenOrigin } from '../source.ts';
import { ec2MetadataHost } from './metadata-host.ts';

const origin: TokenOrigin = {
  from: 'protocol',
  obtain: async (means) => await (await import('./web-identity.ts')).fetchAwsWebIdentityToken(means),
};

export const source: Source = {
  name: 'aws',
  title: 'AWS STS',
  layer: 'machine',
  // AWS_ACCESS_KEY_ID alone is no evidence: it is set on many machines that are not AWS. `--source aws` uses it all the same.
  origins: [
    { when: { variables: ['AWS_LAMBDA_FUNCTION_NAME', 'AWS_ACCESS_KEY_ID'] }, origin },
    { when: { variables: ['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'] }, origin },
    { when: { variables: ['AWS_CONTAINER_CREDENTIALS_FULL_URI'] }, origin },
    {
      when: {
        probe: {
          request: (context) => ({
            url: `${ec2MetadataHost(context)}/latest/api/token`,
            method: 'PUT',
            headers: { 'x-aws-ec2-metadata-token-ttl-seconds': String(EC2_SESSION_SECONDS) },
          }),
          recognises: ({ status, text }) => status === 200 && /^[\w=+/-]{16,256}$/.test(text),
          found: 'the metadata service of EC2 answers',
        },
      },
      origin,
    },
  ],
  incomplete: [
    {
      when: { variables: ['ECS_CONTAINER_METADATA_URI_V4'] },
      missing: 'the ECS task has no task role',
      fix: () => 'Give the task definition a taskRoleArn with the permission sts:GetWebIdentityToken.',
    },
  ],
  audienceAdvice: null,
};
