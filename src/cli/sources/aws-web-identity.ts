// Asks AWS STS for an ID token of the workload (GetWebIdentityToken); finds no credentials itself.

import { askPlatform } from './ask-platform.ts';
import { findAwsKeys, findAwsRegion } from './aws-credentials.ts';
import { AWS_TOKEN_SECONDS } from './limits.ts';
import { signAwsRequest } from './sigv4.ts';
import type { System } from '../../platforms/source.ts';

/** What STS answered as the token, unchecked. Throws a CliFailure. */
export async function fetchAwsWebIdentityToken(system: System, audience: string): Promise<string> {
  const [keys, region] = [await findAwsKeys(system), await findAwsRegion(system)];
  // The global endpoint does not know this action.
  const url = `${stsOrigin(system, region)}/`;
  const body = new URLSearchParams({
    Action: 'GetWebIdentityToken',
    Version: '2011-06-15',
    'Audience.member.1': audience,
    DurationSeconds: String(AWS_TOKEN_SECONDS),
    // A provider accepts RS256 by default, and STS offers only it and ES384.
    SigningAlgorithm: 'RS256',
  }).toString();
  const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
  const signed = signAwsRequest({ method: 'POST', url, headers, body, region, service: 'sts' }, keys, system.now());
  const answer = await askPlatform(system, 'AWS STS', { url, method: 'POST', headers: signed, body });
  return /<WebIdentityToken>\s*([^<\s]+)\s*<\/WebIdentityToken>/.exec(answer.text)?.[1] ?? '';
}

function stsOrigin({ variables }: System, region: string): string {
  const override = variables['AWS_ENDPOINT_URL_STS'];
  if (override) return override.replace(/\/+$/, '');
  return `https://sts.${region}.${region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com'}`;
}
