// POST /oidc/token (RFC 6749 §3.2, RFC 8693 §2): reads the request, runs the use case, answers and logs; decides nothing itself.

import type { Context, Handler } from 'hono';
import { faultsOf, KEY_SETTINGS } from '../config.ts';
import type { SettingName } from '../config.ts';
import { authenticateClient } from '../exchange/authenticate-credential.ts';
import { denial } from '../exchange/denial.ts';
import type { Denial } from '../exchange/denial.ts';
import type { IssuedToken } from '../exchange/issue.ts';
import { newTrace } from '../exchange/record.ts';
import type { ExchangeTrace } from '../exchange/record.ts';
import type { RequestContext } from '../exchange/request.ts';
import { StorageUnavailable } from '../exchange/ports.ts';
import { ok, refuse } from '../exchange/result.ts';
import type { Result } from '../exchange/result.ts';
import { readBody } from './body.ts';
import type { AppDeps, AppEnv } from './deps.ts';
import type { TokenUse } from './oauth-error.ts';
import { credentialInQuery, encodingOf, parseTokenParameters } from './token-parameters.ts';
import type { TokenParameters } from './token-parameters.ts';
import { ACCESS_TOKEN_TYPE, ID_TOKEN_TYPE, readTokenRequest } from './token-request.ts';

/** Settings without which no token may be issued. */
const NEEDED: readonly SettingName[] = [
  'DB',
  'CACHE',
  'ISSUER_URL',
  'DEFAULT_AUDIENCE',
  ...KEY_SETTINGS,
  'ALLOW_LOOPBACK_ISSUERS',
];

/** How a request was decided, whichever door it came through. */
export interface Decided {
  readonly use: TokenUse;
  readonly result: Result<IssuedToken, Denial>;
  readonly trace: ExchangeTrace;
}

/** Reads the parameters as one door understands them and decides. */
export type DecideRequest = (
  parameters: TokenParameters,
  c: Context<AppEnv>,
  context: RequestContext,
) => Promise<Decided>;

/** The handler of `POST /oidc/token`. */
export function tokenHandler(deps: AppDeps): Handler<AppEnv> {
  return handleTokenRequest(deps, async (parameters, c, context) => {
    const trace = newTrace();
    const read = readTokenRequest(parameters, c.req.header('authorization') ?? null, context);
    if (!read.ok) return { use: 'none', result: read, trace };
    const request = read.value;
    if ('credential' in request) {
      return { use: request.use, result: await deps.grantToCredential(request.credential, trace), trace };
    }
    const { use, exchange, client } = request;
    const asked =
      client === null ? ok(exchange) : await authenticateClient(exchange, client, deps.authenticateCredential);
    return { use, result: asked.ok ? await deps.exchange(asked.value, trace) : asked, trace };
  });
}

/** What both token endpoints share: settings, load, body, storage failures, the answer and its log line. */
export function handleTokenRequest(deps: AppDeps, decide: DecideRequest): Handler<AppEnv> {
  const misconfigured = configurationDenial(deps);
  return async (c) => {
    const caller = c.req.header('cf-connecting-ip') ?? null;
    const context = { requestId: c.get('requestId'), ip: caller, now: Math.floor(deps.now()) };
    const early = misconfigured ?? (await refuseEarly(c, deps, caller));
    if (early !== null) return answer(c, deps, early, context);
    const read = await readParameters(c);
    if (read instanceof Response) return read;
    if (!read.ok) return answer(c, deps, undecided(read.error), context);
    try {
      return answer(c, deps, await decide(read.value, c, context), context);
    } catch (error) {
      if (!(error instanceof StorageUnavailable)) throw error;
      const detail = `${error.message}: ${String(error.cause)}`;
      const unavailable = denial(
        'storage_unavailable',
        'storage is unavailable at the moment; nothing was issued, so try again',
        detail,
      );
      return answer(c, deps, undecided(unavailable), context);
    }
  };
}

function undecided(error: Denial): Decided {
  return { use: 'none', result: refuse(error), trace: newTrace() };
}

/** Settings do not change while an isolate lives. */
function configurationDenial({ config }: AppDeps): Decided | null {
  const faults = faultsOf(config, NEEDED);
  if (faults.length === 0) return null;
  const detail = faults.map((fault) => fault.detail).join('; ');
  return undecided(
    denial(
      'configuration_invalid',
      'this deployment is not fully configured; its operator finds what is missing at /readyz',
      detail,
    ),
  );
}

async function refuseEarly(c: Context<AppEnv>, deps: AppDeps, caller: string | null): Promise<Decided | null> {
  if (!(await deps.mayProceed(caller ?? 'unknown'))) {
    return undecided(denial('rate_limited', 'too many requests from this address; wait and try again'));
  }
  const credential = credentialInQuery(c.req.url);
  if (credential === null) return null;
  return undecided(
    denial(
      'malformed_request',
      `${credential} must be in the body: a query string is kept in logs, so treat this credential as exposed`,
    ),
  );
}

/** The parameters of a request to an OAuth endpoint, form or JSON; 413 and 415 are answers already. */
export async function readParameters(c: Context<AppEnv>): Promise<Result<TokenParameters, Denial> | Response> {
  const encoding = encodingOf(c.req.header('content-type') ?? null);
  if (encoding === null)
    return httpError(c, 415, 'send application/x-www-form-urlencoded or application/json, in UTF-8');
  const body = await readBody(c.req.raw);
  if (!('bytes' in body)) {
    return body.fault === 'too_large'
      ? httpError(c, 413, 'the request body is larger than 64 KiB')
      : httpError(c, 415, 'send the body without a content-encoding');
  }
  const parsed = parseTokenParameters(body.bytes, encoding);
  return parsed.ok ? parsed : refuse(denial('malformed_request', parsed.error));
}

function httpError(c: Context<AppEnv>, status: 413 | 415, message: string): Response {
  return c.json(
    { error: 'invalid_request', error_description: message, message, request_id: c.get('requestId') },
    status,
  );
}

async function answer(
  c: Context<AppEnv>,
  deps: AppDeps,
  { use, result, trace }: Decided,
  context: RequestContext,
): Promise<Response> {
  // A grant has its audit event under the request id; a line as well would say it twice, at a tenth of the exchange's cost.
  if (!result.ok || trace.staleKeys) {
    const { decisionLine } = await import('./decision-line.ts');
    deps.log(decisionLine({ use, result, trace }, context));
  }
  if (!result.ok) {
    const { oauthError } = await import('./oauth-error.ts');
    return oauthError(c, result.error, use, deps.config.issuerUrl);
  }
  const { token, grant } = result.value;
  const isIdToken = grant.tokenType === 'id_token';
  return c.json(
    {
      access_token: token,
      issued_token_type: isIdToken ? ID_TOKEN_TYPE : ACCESS_TOKEN_TYPE,
      token_type: isIdToken ? 'N_A' : 'Bearer',
      expires_in: grant.lifetimeSeconds,
      ...(isIdToken ? {} : { scope: grant.scope.join(' ') }),
    },
    200,
    { pragma: 'no-cache' },
  );
}
