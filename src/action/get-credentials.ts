// What the step does: inputs, ID token, exchange, AWS if asked for, and everything handed over in an order that loses nothing.

import { realSystem } from '../cli/sources/real-system.ts';
import { AWS_AUDIENCE } from '../platforms/aws/assume-role.ts';
import { awsCredentialsFile } from '../platforms/aws/credentials-file.ts';
import type { Variables } from '../platforms/source.ts';
import type { ExchangedToken } from '../sdk/client/exchange-token.ts';
import { assumeRole, awsVariables } from './aws.ts';
import { exchange } from './exchange.ts';
import type { Means, Wanted } from './exchange.ts';
import { writeCredentials } from './hand-over.ts';
import { readInputs } from './inputs.ts';
import type { Inputs } from './inputs.ts';
import type { Runner } from './runner.ts';
import { runnerSender } from './send.ts';

/** Runs the step; throws what `shownFailure` explains. */
export async function getCredentials(runner: Runner, variables: Variables): Promise<void> {
  const inputs = readInputs(variables);
  const send = runnerSender(variables);
  const means: Means = { runner, system: realSystem({ env: variables, fetch: send }), fetch: send };
  const [first, second] = wantedOf(inputs);

  const token = await exchange(inputs, first, means);
  // Before all that can fail or be cancelled: what was given must be taken back.
  if (first.type === 'access_token' && inputs.revoke) {
    runner.saveState('url', inputs.url);
    runner.saveState('revoke', token.accessToken);
  }
  const idToken = second === undefined ? token : await exchange(inputs, second, means);
  const keys = inputs.aws === undefined ? undefined : await assumeRole(inputs.aws, idToken, means);
  const expiresAt = rfc3339(keys === undefined ? token.expiresAt : new Date(keys.expiresAt));

  if (inputs.credentialsFile !== undefined) {
    runner.saveState('file', inputs.credentialsFile);
    runner.saveState('file_holds', keys?.accessKeyId ?? token.accessToken);
    const text = keys === undefined ? token.accessToken : awsCredentialsFile(keys, keys.region);
    await writeCredentials(inputs.credentialsFile, text, runner, variables);
    runner.setOutput('credentials-file', inputs.credentialsFile);
  }
  const exported = {
    ...(keys === undefined ? {} : awsVariables(keys)),
    ...(inputs.exportEnv === undefined ? {} : { [inputs.exportEnv]: token.accessToken }),
  };
  for (const [name, value] of Object.entries(exported)) runner.exportVariable(name, value);
  setOutputs(runner, token, first.type === 'id_token' || second !== undefined ? idToken : undefined, expiresAt);
  runner.say(sentence(inputs, first.type, token, expiresAt));
}

/** AWS needs an ID token; an access token besides it is got only if the step says so. */
function wantedOf({ aws, tokenType, audience }: Inputs): readonly [Wanted, Wanted?] {
  const forAws: Wanted = { type: 'id_token', audience: [AWS_AUDIENCE] };
  if (aws === undefined) return [{ type: tokenType ?? 'access_token', audience }];
  if (tokenType === 'access_token') return [{ type: tokenType, audience }, forAws];
  return [audience.length === 0 ? forAws : { type: 'id_token', audience }];
}

function setOutputs(
  runner: Runner,
  token: ExchangedToken,
  idToken: ExchangedToken | undefined,
  expiresAt: string,
): void {
  runner.setOutput('token', token.accessToken);
  if (idToken !== undefined) runner.setOutput('id-token', idToken.accessToken);
  runner.setOutput('expires-at', expiresAt);
  runner.setOutput('scope', token.scope.join(' '));
  runner.setOutput('request-id', token.requestId ?? '');
}

function sentence({ aws }: Inputs, type: Wanted['type'], token: ExchangedToken, expiresAt: string): string {
  const what = aws === undefined ? (type === 'id_token' ? 'an ID token' : 'an access token') : `keys of ${aws.role}`;
  const scope = token.scope.length === 0 ? '' : `, scope ${token.scope.join(' ')}`;
  const request = token.requestId === null ? '' : `, request id ${token.requestId}`;
  return `Cambist gave ${what} until ${expiresAt}${scope}${request}`;
}

function rfc3339(at: Date): string {
  return `${at.toISOString().slice(0, 19)}Z`;
}
