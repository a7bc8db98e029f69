// Where the metadata service of EC2 is.

import type { Variables } from '../source.ts';

/** Its usual address, or what AWS's own variable says. */
export function ec2MetadataHost({ variables }: { readonly variables: Variables }): string {
  const host = variables['AWS_EC2_METADATA_SERVICE_ENDPOINT'];
  return host === undefined || host === '' ? 'http://169.254.169.254' : host.replace(/\/+$/, '');
}
