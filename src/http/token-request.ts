// Reads what a token request asks for out of its parameters: grants, types and syntax of RFC 8693 §2.1, RFC 7523 §2 and RFC 6749 §4.4.

import { denial } from '../exchange/denial.ts';
import type { ClientCredential } from '../exchange/authenticate-credential.ts';
import type { Denial } from '../exchange/denial.ts';
import type { CredentialRequest, ExchangeRequest, RequestContext } from '../exchange/request.ts';
import { MAX_PROJECT_CHARS } from '../objects/limits.ts';
import { parseLifetime } from '../rules/lifetime.ts';
import { MIN_TOKEN_LIFETIME_SECONDS } from '../rules/limits.ts';
import { ok, refuse } from '../exchange/result.ts';
import type { Result } from '../exchange/result.ts';
import type { AskedToken } from '../rules/narrow.ts';
import { parseScope } from '../rules/scope.ts';
import { MAX_QUOTED_CHARS } from './limits.ts';
import { basicCredential, clientCredential, isBasic } from './client-credential.ts';
import type { TokenUse } from './oauth-error.ts';
import type { TokenParameters } from './token-parameters.ts';

const TOKEN_TYPE = 'urn:ietf:params:oauth:token-type:';
export const ACCESS_TOKEN_TYPE = `${TOKEN_TYPE}access_token`;
export const ID_TOKEN_TYPE = `${TOKEN_TYPE}id_token`;
const JWT_TYPE = `${TOKEN_TYPE}jwt`;
export const TOKEN_EXCHANGE_GRANT = 'urn:ietf:params:oauth:grant-type:token-exchange';
export const JWT_BEARER_GRANT = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
export const CLIENT_CREDENTIALS_GRANT = 'client_credentials';
const JWT_BEARER_ASSERTION = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
/** RFC 3986 §4.3: a scheme and something in it, in the characters of a URI, without a fragment. */
const ABSOLUTE_URI = /^[a-z][a-z\d+.-]*:[\w\-.~:/?[\]@!$&'()*+,;=%]+$/i;

export type TokenRequest =
  | {
      readonly use: Exclude<TokenUse, 'none'>;
      readonly exchange: ExchangeRequest;
      /** What the client proves itself with besides the token; null if it does not. */
      readonly client: ClientCredential | null;
    }
  | { readonly use: 'none'; readonly credential: CredentialRequest };

/** Reads a request; the refusal says which parameter is wrong and what it may be. */
export function readTokenRequest(
  parameters: TokenParameters,
  authorization: string | null,
  context: RequestContext,
): Result<TokenRequest, Denial> {
  const grantType = parameters.get('grant_type');
  if (grantType === null) return malformed('grant_type is missing');
  const asked = readAskedToken(parameters);
  if (!asked.ok) return asked;
  const given = { ...asked.value, ...context };
  switch (grantType) {
    case TOKEN_EXCHANGE_GRANT:
      return readTokenExchange(parameters, authorization, given);
    case JWT_BEARER_GRANT:
      return readTokenGrant('assertion', parameters, authorization, given);
    case CLIENT_CREDENTIALS_GRANT:
      return readClientCredentials(parameters, authorization, given);
    default:
      return refuse(
        denial(
          'unsupported_grant_type',
          `grant_type is not supported; use ${TOKEN_EXCHANGE_GRANT}, ${JWT_BEARER_GRANT} or ${CLIENT_CREDENTIALS_GRANT}`,
          `grant_type ${grantType.slice(0, MAX_QUOTED_CHARS)} is not supported`,
        ),
      );
  }
}

function malformed(message: string): { readonly ok: false; readonly error: Denial } {
  return refuse(denial('malformed_request', message));
}

/** What is asked for, whichever the grant. */
function readAskedToken(parameters: TokenParameters): Result<AskedToken, Denial> {
  if (parameters.get('actor_token') !== null || parameters.get('actor_token_type') !== null) {
    return malformed('actor_token is not supported: the workload that presents the token is the actor');
  }
  const tokenType = readTokenType(parameters.get('requested_token_type'));
  if (tokenType === null) {
    return malformed(`requested_token_type must be ${ACCESS_TOKEN_TYPE}, ${JWT_TYPE} or ${ID_TOKEN_TYPE}`);
  }
  const scopeText = parameters.get('scope');
  const scope = scopeText === null ? null : parseScope(scopeText);
  if (scopeText !== null && scope === null) {
    return refuse(
      denial('scope_not_allowed', 'scope must be scope names separated by single spaces (RFC 6749 section 3.3)'),
    );
  }
  const lifetimeText = parameters.get('access_token_lifetime');
  const lifetimeSeconds = lifetimeText === null ? null : parseLifetime(lifetimeText);
  if (lifetimeText !== null && (lifetimeSeconds === null || lifetimeSeconds < MIN_TOKEN_LIFETIME_SECONDS)) {
    return refuse(
      denial(
        'lifetime_invalid',
        `access_token_lifetime must be whole seconds (7200) or a duration (1h30m) of at least ${MIN_TOKEN_LIFETIME_SECONDS} seconds`,
      ),
    );
  }
  const resources = parameters.all('resource');
  if (!resources.every((resource) => ABSOLUTE_URI.test(resource))) {
    return refuse(
      denial('audience_not_allowed', 'resource must be an absolute URI without a fragment (RFC 8707 section 2)'),
    );
  }
  const audiences = [...new Set([...parameters.all('audience'), ...resources])];
  if (tokenType === 'id_token' && audiences.length === 0) {
    return refuse(denial('audience_required', 'an ID token needs an audience parameter that says who it is for'));
  }
  const project = parameters.get('project_id');
  if (project !== null && (project.length > MAX_PROJECT_CHARS || !/^[\x21-\x7e]+$/.test(project))) {
    return malformed(`project_id must be 1 to ${MAX_PROJECT_CHARS} visible ASCII characters without spaces`);
  }
  return ok({ scope, audiences, tokenType, lifetimeSeconds, project });
}

function readTokenType(value: string | null): AskedToken['tokenType'] | null {
  if (value === ID_TOKEN_TYPE) return 'id_token';
  return value === null || value === ACCESS_TOKEN_TYPE || value === JWT_TYPE ? 'access_token' : null;
}

type Given = AskedToken & RequestContext;

function readTokenExchange(
  parameters: TokenParameters,
  authorization: string | null,
  given: Given,
): Result<TokenRequest, Denial> {
  const type = parameters.get('subject_token_type');
  if (type === null) return malformed(`subject_token_type is missing: it must be ${ID_TOKEN_TYPE} or ${JWT_TYPE}`);
  if (type !== ID_TOKEN_TYPE && type !== JWT_TYPE)
    return malformed(`subject_token_type must be ${ID_TOKEN_TYPE} or ${JWT_TYPE}`);
  return readTokenGrant('subject_token', parameters, authorization, given);
}

function readTokenGrant(
  use: 'subject_token' | 'assertion' | 'client_assertion',
  parameters: TokenParameters,
  authorization: string | null,
  given: Given,
): Result<TokenRequest, Denial> {
  const header = readClientHeader(use, authorization);
  if (!header.ok) return header;
  const { clientId, client } = header.value;
  const subjectToken = parameters.get(use);
  if (subjectToken === null) return malformed(`${use} is missing: it is the ID token of the workload`);
  const named = [parameters.get('service_account_id'), parameters.get('client_id'), clientId].filter(
    // The credential's own key may be repeated; it names no account.
    (name) => name !== null && name !== client?.accessKey,
  );
  const [serviceAccount = null] = named;
  if (named.some((name) => name !== serviceAccount)) {
    return malformed('service_account_id and client_id name different service accounts: send one of them');
  }
  return ok({
    use,
    client,
    exchange: {
      ...given,
      subjectToken,
      serviceAccount,
      organisation: parameters.get('organisation_id'),
      federatedIdentity: null,
    },
  });
}

/**
 * What a Basic header beside a token says (contract §3): a user without a password is a `client_id`, as generic clients send
 * it, and one with a password an access credential. An assertion already is a client's authentication (RFC 6749 §2.3).
 */
function readClientHeader(
  use: string,
  authorization: string | null,
): Result<{ readonly clientId: string | null; readonly client: ClientCredential | null }, Denial> {
  if (authorization === null) return ok({ clientId: null, client: null });
  const basic = basicCredential(authorization);
  if (use === 'client_assertion' || !isBasic(authorization) || (basic?.user === '' && basic.password === '')) {
    return malformed(
      `this grant takes no Authorization header but Basic with a client: the token itself, in ${use}, is the credential`,
    );
  }
  if (basic === null || basic.user === '') {
    return refuse(denial('credential_invalid', 'the Authorization header is not a valid Basic one'));
  }
  const { user, password } = basic;
  return password === ''
    ? ok({ clientId: user, client: null })
    : ok({ clientId: null, client: { accessKey: user, accessSecret: password } });
}

function readClientCredentials(
  parameters: TokenParameters,
  authorization: string | null,
  given: Given,
): Result<TokenRequest, Denial> {
  const assertionType = parameters.get('client_assertion_type');
  if (assertionType !== null || parameters.get('client_assertion') !== null) {
    if (assertionType !== JWT_BEARER_ASSERTION)
      return malformed(`client_assertion_type must be ${JWT_BEARER_ASSERTION}`);
    return readTokenGrant('client_assertion', parameters, authorization, given);
  }
  if (given.tokenType === 'id_token') return malformed('an access credential gets access tokens only');
  const credential = clientCredential(authorization, parameters);
  if (credential === null) {
    return refuse(
      denial(
        'credential_invalid',
        'send the access key and secret of an access credential by HTTP Basic, or as client_id and client_secret',
      ),
    );
  }
  if (authorization !== null && parameters.get('client_secret') !== null) {
    return malformed('send the access credential by HTTP Basic or in the body, not both');
  }
  const named = {
    serviceAccount: parameters.get('service_account_id'),
    organisation: parameters.get('organisation_id'),
    federatedIdentity: null,
  };
  return ok({ use: 'none', credential: { ...given, ...credential, ...named } });
}
