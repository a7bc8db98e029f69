// The keys of a role as AWS's tools read them from a file; pure text.

import type { RoleKeys } from './assume-role.ts';

/** A shared credentials file with one profile. */
export function awsCredentialsFile(keys: RoleKeys, region: string): string {
  return [
    '[default]',
    `aws_access_key_id = ${keys.accessKeyId}`,
    `aws_secret_access_key = ${keys.secretAccessKey}`,
    `aws_session_token = ${keys.sessionToken}`,
    `region = ${region}`,
    '',
  ].join('\n');
}
