// Gets keys of an AWS role for this workload: an ID token of the deployment, then AssumeRoleWithWebIdentity; keeps nothing.

import type { World } from '../command.ts';
import { CliFailure, usageFailure } from '../failure.ts';
import { assumeRoleRequest, readRoleKeys, sessionName } from '../../platforms/aws/assume-role.ts';
import type { RoleKeys } from '../../platforms/aws/assume-role.ts';
import { stsOrigin } from '../../platforms/aws/sts-origin.ts';
import { PlatformFailure } from '../../platforms/failure.ts';
import { PLATFORM_TIMEOUT_MS } from '../../platforms/limits.ts';
import type { PlatformAnswer } from '../../platforms/source.ts';
import { tryRepeatedly } from '../sources/ask-platform.ts';
import { realSystem } from '../sources/real-system.ts';
import type { ExchangeSettings } from './exchange-settings.ts';
import { requestToken } from './request-token.ts';

export interface WantedRole {
  readonly arn: string;
  readonly region: string;
  /** Of the ID token; the trust policy of the role names it. */
  readonly audience: string;
  readonly signal?: AbortSignal | undefined;
}

export interface GivenKeys {
  readonly keys: RoleKeys;
  /** Seconds, by the clock of AWS if its answer says what time it is there. */
  readonly expiresIn: number;
  /** Of the exchange: finds the decision in the deployment's audit events. */
  readonly requestId: string | null;
}

/** The form of a role's ARN, in any partition. */
const ARN = /^arn:(aws[\w-]*):iam::\d{12}:role\/[\w+=,.@/-]{1,576}$/;

/** The region to ask in: the given one, else that of the variables, else one that every account of AWS has. Throws a usage failure. */
export function regionFor(arn: string, given: string | undefined, variables: World['env']): string {
  const partition = ARN.exec(arn)?.[1];
  if (partition === undefined) {
    const example = 'arn:aws:iam::123456789012:role/deploy';
    throw usageFailure(`${JSON.stringify(arn)} is not the ARN of a role.`, `It looks like ${example}.`);
  }
  const region = given ?? (variables['AWS_REGION'] || variables['AWS_DEFAULT_REGION'] || undefined);
  if (region === undefined && partition !== 'aws')
    throw usageFailure(`The role is in the partition ${partition}, and no region is named.`, 'Set AWS_REGION.');
  if (region !== undefined && !/^[a-z]{2}[a-z-]*-\d{1,2}$/.test(region))
    throw usageFailure(`${JSON.stringify(region)} is not a region of AWS.`, 'It looks like eu-central-1.');
  return region ?? 'us-east-1';
}

/** New keys of the role. Throws a CliFailure with the reason of the deployment, or of AWS. */
export async function requestRoleKeys(
  world: World,
  settings: ExchangeSettings,
  { arn, region, audience, signal }: WantedRole,
): Promise<GivenKeys> {
  const idToken = await requestToken(world, settings, { idTokenFor: [audience], signal });
  const system = realSystem(world);
  try {
    // CloudTrail then names the event that our audit has.
    const role = { arn, sessionName: sessionName(idToken.requestId ?? 'cambist') };
    const request = assumeRoleRequest(stsOrigin(world.env, region), idToken.accessToken, role);
    const { answer, keys } = await tryRepeatedly(
      system,
      'AWS STS',
      async () => {
        const answer = await system.send(request, PLATFORM_TIMEOUT_MS);
        return { answer, keys: readRoleKeys(answer) };
      },
      (title, reason) =>
        new CliFailure(`${title} gave no keys; the last time: ${reason}`, { code: 'platform_unavailable' }),
    );
    return { keys, expiresIn: lifetimeOf(keys, answer, system.now()), requestId: idToken.requestId };
  } catch (error) {
    if (!(error instanceof PlatformFailure)) throw error;
    const { message, code } = error;
    throw new CliFailure(message, {
      code,
      requestId: idToken.requestId,
      ...(code === 'platform_refused' ? { status: 403 } : {}),
      next:
        error.next ??
        'The trust policy of the role must name the deployment as provider, and exactly this sub and aud.',
    });
  }
}

function lifetimeOf({ expiresAt }: RoleKeys, { headers }: PlatformAnswer, nowMs: number): number {
  const there = Date.parse(headers.get('date') ?? '');
  return Math.max(0, Math.floor((Date.parse(expiresAt) - (Number.isNaN(there) ? nowMs : there)) / 1000));
}
