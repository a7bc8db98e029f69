// Gets one token of the deployment with an ID token of this job; masks both before anything else.

import { obtainIdToken } from '../cli/sources/obtain.ts';
import type { Send } from '../cli/send.ts';
import { hadNoAnswer, noAnswerFailure } from '../cli/token/no-answer.ts';
import type { System } from '../platforms/source.ts';
import { TokenExchangeError } from '../sdk/client/errors.ts';
import { exchangeToken } from '../sdk/client/exchange-token.ts';
import type { ExchangedToken } from '../sdk/client/exchange-token.ts';
import { RefusedError } from './failure.ts';
import type { Inputs } from './inputs.ts';
import type { Runner } from './runner.ts';

export interface Wanted {
  readonly type: 'access_token' | 'id_token';
  readonly audience: readonly string[];
}

export interface Means {
  readonly runner: Runner;
  readonly system: System;
  readonly fetch: Send;
}

/** The token. Throws a RefusedError if the deployment refuses, and other failures if there is no answer of one. */
export async function exchange(inputs: Inputs, wanted: Wanted, means: Means): Promise<ExchangedToken> {
  const { runner, system, fetch: send } = means;
  const { url, serviceAccount, organisation, lifetime, project, oidcAudience } = inputs;
  // Whoever runs an action is GitHub, or speaks its protocol: what is missing is the permission.
  const variables = { ...system.variables, GITHUB_ACTIONS: 'true' };
  const context = { variables, audience: oidcAudience, deployment: url };
  const { token: subjectToken } = await obtainIdToken(system, context, 'github');
  runner.mask(subjectToken);
  // An ID token has no scope.
  const scope = wanted.type === 'id_token' ? undefined : inputs.scope;
  const asked = {
    ...optional('service_account_id', serviceAccount),
    ...optional('organisation_id', organisation),
    ...optional('scope', scope),
    ...(wanted.audience.length === 0 ? {} : { audience: wanted.audience }),
    ...optional('project_id', project),
    ...optional('access_token_lifetime', lifetime),
    requested_token_type: wanted.type,
  };
  try {
    const answer = await exchangeToken({
      url,
      subjectToken,
      serviceAccount,
      organisation,
      scope,
      audience: wanted.audience,
      lifetime,
      project,
      requestedTokenType: wanted.type,
      fetch: send,
    });
    runner.mask(answer.accessToken);
    return answer;
  } catch (error) {
    if (error instanceof TokenExchangeError && error.status !== null && !error.isRetryable && isRefusal(error))
      throw refused(error, url, subjectToken, asked);
    if (error instanceof TokenExchangeError && hadNoAnswer(error))
      throw noAnswerFailure(error, url, 'the input `url`', system.variables);
    throw error;
  }
}

/** Anything else is no answer of a deployment, which had nothing to explain. */
function isRefusal({ code }: TokenExchangeError): boolean {
  return code !== 'unexpected_response' && code !== 'invalid_options';
}

function refused(
  error: TokenExchangeError,
  url: string,
  token: string,
  asked: Readonly<Record<string, unknown>>,
): RefusedError {
  const { code, description, requestId, status } = error;
  const command = requestId === null ? null : `cambist explain --url ${url} --request-id ${requestId}`;
  const operator = command === null ? '' : `\nAn operator of the deployment sees why with: ${command}`;
  return new RefusedError(`Cambist refused this job: ${error.message}${operator}`, {
    title: 'the deployment refused this job',
    reason: `${description}\n\n${code}, HTTP ${status}`,
    requestId,
    refused: { what: "the job's ID token", token },
    asked,
    command,
  });
}

function optional(name: string, value: string | undefined): Readonly<Record<string, string>> {
  return value === undefined ? {} : { [name]: value };
}
