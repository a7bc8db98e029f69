// Asks AWS STS for an ID token of the workload (GetWebIdentityToken); finds no credentials itself.

import { AWS_TOKEN_SECONDS } from '../limits.ts';
import type { ProtocolMeans } from '../source.ts';
import { findAwsKeys, findAwsRegion } from './credentials.ts';
import { signAwsRequest } from './sigv4.ts';
import { stsOrigin } from './sts-origin.ts';

/** What STS answered as the token, unchecked. Throws a PlatformFailure. */
export async function fetchAwsWebIdentityToken(means: ProtocolMeans): Promise<string> {
  const { system, context } = means;
  const [keys, region] = [await findAwsKeys(means), await findAwsRegion(means)];
  // The global endpoint does not know this action.
  const url = `${stsOrigin(system.variables, region)}/`;
  const body = new URLSearchParams({
    Action: 'GetWebIdentityToken',
    Version: '2011-06-15',
    'Audience.member.1': context.audience,
    DurationSeconds: String(AWS_TOKEN_SECONDS),
    // A provider accepts RS256 by default, and STS offers only it and ES384.
    SigningAlgorithm: 'RS256',
  }).toString();
  const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
  const signed = signAwsRequest({ method: 'POST', url, headers, body, region, service: 'sts' }, keys, system.now());
  const answer = await means.ask('AWS STS', { url, method: 'POST', headers: signed, body });
  return /<WebIdentityToken>\s*([^<\s]+)\s*<\/WebIdentityToken>/.exec(answer.text)?.[1] ?? '';
}
