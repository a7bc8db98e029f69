// Gets a token of the deployment for this workload: a fresh ID token, one exchange, and a refusal that says what to do.

import { exchangeToken, TokenExchangeError } from '../../sdk/client/index.ts';
import type { ExchangedToken } from '../../sdk/client/index.ts';
import type { World } from '../command.ts';
import { CliFailure } from '../failure.ts';
import { proxyFor } from '../proxy.ts';
import { URL_SETTING } from '../settings.ts';
import { obtainIdToken } from '../sources/obtain.ts';
import { realSystem } from '../sources/real-system.ts';
import type { ExchangeSettings } from './exchange-settings.ts';
import { hadNoAnswer, noAnswerFailure } from './no-answer.ts';

export interface WantedToken {
  /** Audiences of an ID token; null for an access token. */
  readonly idTokenFor: readonly string[] | null;
  /** Ends the exchange and its retries. */
  readonly signal?: AbortSignal | undefined;
}

/** A new token, from an ID token that was asked for just now. Throws a CliFailure; a refusal is final. */
export async function requestToken(
  world: World,
  settings: ExchangeSettings,
  { idTokenFor, signal }: WantedToken,
): Promise<ExchangedToken> {
  // One that cannot be used is no failure of the network.
  proxyFor(new URL(settings.url), world.env);
  const facts = { variables: world.env, audience: settings.subjectAudience, deployment: settings.url };
  const obtained = await obtainIdToken(realSystem(world), facts, settings.source);
  try {
    return await exchangeToken({
      url: settings.url,
      subjectToken: obtained.token,
      serviceAccount: settings.serviceAccount,
      organisation: settings.organisation,
      project: settings.project,
      lifetime: settings.lifetime,
      ...(idTokenFor === null
        ? { scope: settings.scope, audience: settings.audience }
        : { requestedTokenType: 'id_token' as const, audience: idTokenFor }),
      fetch: world.fetch,
      signal,
    });
  } catch (error) {
    if (error instanceof TokenExchangeError)
      throw hadNoAnswer(error)
        ? noAnswerFailure(error, settings.url, URL_SETTING, world.env)
        : exchangeFailure(error, settings, obtained.audienceAdvice);
    throw error;
  }
}

/** What the user reads if the exchange failed: the reason, the request id, and the line that an operator runs. */
function exchangeFailure(
  error: TokenExchangeError,
  { url, serviceAccount, organisation }: ExchangeSettings,
  audienceAdvice: string | null,
): CliFailure {
  const { code, description, status, requestId } = error;
  const isRefusal = !error.isRetryable && status !== null && status >= 400 && status < 500;
  const next = [
    ...(isRefusal && audienceAdvice !== null ? [audienceAdvice] : []),
    ...(isRefusal && serviceAccount === undefined && description.includes('service_account_id')
      ? ['Name the account with --service-account or CAMBIST_SERVICE_ACCOUNT.']
      : []),
    ...(isRefusal && organisation !== undefined && serviceAccount !== undefined && !serviceAccount.startsWith('sa_')
      ? [`${serviceAccount} was looked for in the organisation ${organisation}; --organisation names another.`]
      : []),
    ...(isRefusal && requestId !== null
      ? [`An operator sees the whole reason with:\n  cambist explain --url ${url} --request-id ${requestId}`]
      : []),
  ];
  const what = isRefusal ? 'The exchange was refused' : 'No token';
  return new CliFailure(`${what}: ${description}${/[.!?]$/.test(description) ? '' : '.'}`, {
    code,
    requestId,
    ...(status === null ? {} : { status }),
    ...(error.retryAfterSeconds === null ? {} : { retryAfterSeconds: error.retryAfterSeconds }),
    ...(code === 'invalid_options' ? { exitCode: 2 as const } : {}),
    ...(next.length === 0 ? {} : { next: next.join('\n') }),
  });
}
