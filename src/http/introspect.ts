// POST /oidc/introspect (RFC 7662): tells whoever may ask what an access token of this deployment says, or only that it does not count.

import type { Context, Handler } from 'hono';
import { faultsOf, KEY_SETTINGS } from '../config.ts';
import type { SettingName } from '../config.ts';
import { denial } from '../exchange/denial.ts';
import { denialDetail } from '../exchange/denial-detail.ts';
import type { ActiveToken } from '../exchange/token-standing.ts';
import { StorageUnavailable } from '../exchange/ports.ts';
import { bearerOf, isRootToken, otherAudience } from './bearer.ts';
import { clientCredential, isBasic } from './client-credential.ts';
import type { AppDeps, AppEnv } from './deps.ts';
import { hasIamScope } from './iam/caller.ts';
import { oauthError } from './oauth-error.ts';
import { credentialInQuery, type TokenParameters } from './token-parameters.ts';
import { readParameters } from './token.ts';

const NEEDED: readonly SettingName[] = ['DB', 'ISSUER_URL', ...KEY_SETTINGS];
const INTROSPECTION_SCOPE = 'tokens:introspect';

/** The handler of `POST /oidc/introspect`. */
export function introspectHandler(deps: AppDeps): Handler<AppEnv> {
  return (c) =>
    answerTokenRequest(c, deps, async (token, parameters) => {
      const now = deps.now();
      const mayAsk = await authorize(c, deps, { token, parameters, now });
      if (mayAsk instanceof Response) return mayAsk;
      const inspected = await deps.inspectToken(token, now);
      if (!inspected.ok || !mayAsk(inspected.value)) return c.json({ active: false });
      return c.json({ active: true, token_type: 'Bearer', ...inspected.value.claims });
    });
}

/** What introspection and revocation share: settings, load, the parameter `token`, failures of storage. */
export async function answerTokenRequest(
  c: Context<AppEnv>,
  deps: AppDeps,
  answer: (token: string, parameters: TokenParameters) => Promise<Response>,
): Promise<Response> {
  if (faultsOf(deps.config, NEEDED).length > 0) {
    const message = 'this deployment is not fully configured; its operator finds what is missing at /readyz';
    return oauthError(c, denial('configuration_invalid', message), 'none');
  }
  if (!(await deps.mayProceed(c.req.header('cf-connecting-ip') ?? 'unknown'))) {
    return oauthError(c, denial('rate_limited', 'too many requests from this address; wait and try again'), 'none');
  }
  const exposed = credentialInQuery(c.req.url);
  if (exposed !== null) {
    const message = `${exposed} must be in the body: a query string is kept in logs, so treat this credential as exposed`;
    return oauthError(c, denial('malformed_request', message), 'none');
  }
  const parameters = await readParameters(c);
  if (parameters instanceof Response) return parameters;
  if (!parameters.ok) return oauthError(c, parameters.error, 'none');
  const token = parameters.value.get('token');
  if (token === null) return oauthError(c, denial('malformed_request', 'the parameter token is missing'), 'none');
  try {
    return await answer(token, parameters.value);
  } catch (error) {
    if (!(error instanceof StorageUnavailable)) throw error;
    const detail = `${error.message}: ${String(error.cause)}`;
    deps.log({ level: 'error', event: 'storage_unavailable', request_id: c.get('requestId'), detail });
    return oauthError(c, denial('storage_unavailable', 'storage is unavailable at the moment; try again'), 'none');
  }
}

type MayLearnAbout = (token: ActiveToken) => boolean;

interface Question {
  readonly token: string;
  readonly parameters: TokenParameters;
  readonly now: number;
}

/** Which tokens the caller may learn about, or a 401: RFC 7662 §2.3 asks for it if a scope is missing, too. */
async function authorize(c: Context<AppEnv>, deps: AppDeps, question: Question): Promise<MayLearnAbout | Response> {
  const authorization = c.req.header('authorization') ?? null;
  const client = clientCredential(authorization, question.parameters);
  if (isBasic(authorization) || (authorization === null && client !== null)) {
    return authorizeClient(c, deps, client, question.now);
  }
  const bearer = bearerOf(c.req.raw);
  if (bearer === null) {
    const message =
      'send Authorization: Bearer with a token that may introspect or with this token itself, or an access credential by HTTP Basic';
    return challenge(c, message, authorization === null ? null : 'invalid_token');
  }
  // Whoever holds a token may ask about it; that it does not count any more is an answer, not a fault of the credential.
  if (bearer === question.token || (await isRootToken(bearer, deps.config.adminToken))) return () => true;
  const caller = await deps.inspectToken(bearer, question.now);
  if (!caller.ok) return challenge(c, 'the credential is not accepted', 'invalid_token');
  const issuerUrl = deps.config.issuerUrl ?? '';
  if (!caller.value.audiences.includes(issuerUrl)) {
    return challenge(c, otherAudience(caller.value, issuerUrl), 'invalid_token');
  }
  return permit(c, caller.value.scopes, caller.value.organisationId);
}

/** What every RFC 7662 client sends: client authentication, here with an access credential. */
async function authorizeClient(
  c: Context<AppEnv>,
  deps: AppDeps,
  client: ReturnType<typeof clientCredential>,
  now: number,
): Promise<MayLearnAbout | Response> {
  if (client === null) {
    const message = 'the Authorization header is not HTTP Basic with the key and the secret of an access credential';
    return oauthError(c, denial('credential_invalid', message), 'none');
  }
  const authenticated = await deps.authenticateCredential(client, now);
  if (!authenticated.ok) {
    const { reason } = authenticated.error;
    const said = { reason, detail: denialDetail(authenticated.error), request_id: c.get('requestId') };
    deps.log({ level: 'warn', event: 'token.introspect', outcome: 'refused', ...said });
    return oauthError(c, authenticated.error, 'none');
  }
  return permit(c, authenticated.value.scopes, authenticated.value.serviceAccount.organisationId);
}

function permit(c: Context<AppEnv>, scopes: readonly string[], organisationId: string): MayLearnAbout | Response {
  if (!scopes.includes(INTROSPECTION_SCOPE) && !hasIamScope(scopes, 'iam:read')) {
    return challenge(c, `this needs the scope ${INTROSPECTION_SCOPE} or iam:read`, 'insufficient_scope');
  }
  // Another organisation's token is as unknown to the caller as one of another deployment (RFC 7662 §4).
  return (token) => token.organisationId === organisationId;
}

/** 401 with the challenges of RFC 6750 §3 and RFC 7617 §2; none names an error if no credential was sent. */
function challenge(
  c: Context<AppEnv>,
  message: string,
  error: 'invalid_token' | 'insufficient_scope' | null,
): Response {
  const named = error === null ? '' : `, error="${error}"`;
  const scope = error === 'insufficient_scope' ? `, scope="${INTROSPECTION_SCOPE}"` : '';
  const body = { error: error ?? 'invalid_token', error_description: message, message };
  return c.json({ ...body, request_id: c.get('requestId') }, 401, {
    'www-authenticate': `Bearer realm="cambist"${named}${scope}, Basic realm="cambist", charset="UTF-8"`,
  });
}
