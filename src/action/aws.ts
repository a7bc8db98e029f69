// Gets keys of an AWS role with an ID token of the deployment, and hands them to the later steps.

import { CliFailure } from '../cli/failure.ts';
import { tryRepeatedly } from '../cli/sources/ask-platform.ts';
import { assumeRoleRequest, readRoleKeys, sessionName } from '../platforms/aws/assume-role.ts';
import type { RoleKeys } from '../platforms/aws/assume-role.ts';
import { stsOrigin } from '../platforms/aws/sts-origin.ts';
import { PlatformFailure } from '../platforms/failure.ts';
import { PLATFORM_TIMEOUT_MS } from '../platforms/limits.ts';
import type { ExchangedToken } from '../sdk/client/exchange-token.ts';
import type { Means } from './exchange.ts';
import { RefusedError } from './failure.ts';
import type { AwsInputs } from './inputs.ts';

export interface AwsKeys extends RoleKeys {
  readonly region: string;
}

/** The keys, masked. Throws a RefusedError with the claims that AWS looked at. */
export async function assumeRole(aws: AwsInputs, idToken: ExchangedToken, means: Means): Promise<AwsKeys> {
  const { system, runner } = means;
  const { role: arn, region, durationSeconds } = aws;
  const { GITHUB_RUN_ID: run = 'unknown-run' } = system.variables;
  // CloudTrail then names the event that our audit has.
  const role = { arn, sessionName: sessionName(idToken.requestId ?? run), durationSeconds };
  const request = assumeRoleRequest(stsOrigin(system.variables, region), idToken.accessToken, role);
  const ask = async (): Promise<RoleKeys> => readRoleKeys(await system.send(request, PLATFORM_TIMEOUT_MS));
  const keys = await tryRepeatedly(system, 'AWS STS', ask, unavailable).catch((error: unknown) => {
    throw error instanceof PlatformFailure ? refused(error, aws, idToken) : error;
  });
  for (const secret of [keys.accessKeyId, keys.secretAccessKey, keys.sessionToken]) runner.mask(secret);
  return { ...keys, region };
}

/** The variables that AWS's tools read. */
export function awsVariables(keys: AwsKeys): Readonly<Record<string, string>> {
  return {
    AWS_ACCESS_KEY_ID: keys.accessKeyId,
    AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
    AWS_SESSION_TOKEN: keys.sessionToken,
    AWS_REGION: keys.region,
    AWS_DEFAULT_REGION: keys.region,
  };
}

function unavailable(title: string, reason: string): CliFailure {
  return new CliFailure(`${title} gave no keys; the last time: ${reason}`, { code: 'platform_unavailable' });
}

function refused(error: PlatformFailure, { role, region }: AwsInputs, token: ExchangedToken): RefusedError {
  const advice = 'The trust policy of the role must name the iss as provider, and exactly this sub and aud.';
  return new RefusedError(`${error.message}\n${advice}`, {
    title: 'the deployment gave a token, and AWS refused it',
    reason: `${error.message}\n\n${advice}`,
    requestId: token.requestId,
    refused: { what: 'the ID token that AWS got', token: token.accessToken },
    asked: { role, region },
    command: `cambist trust aws --service-account ${accountOf(token.accessToken)}`,
  });
}

/** The `sub` of our own ID token begins with the account's id. */
function accountOf(token: string): string {
  const [, id = 'ID'] = /"sub":"(sa_\w+)/.exec(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) ?? [];
  return id;
}
