// The discovery document and the JWK Set (OpenID Connect Discovery 1.0 §4, RFC 8414 §3, RFC 7517 §5), for anyone, cacheable.

import type { Context, Handler } from 'hono';
import { faultsOf, KEY_SETTINGS } from '../config.ts';
import { denial } from '../exchange/denial.ts';
import type { StatedDenial } from '../exchange/denial.ts';
import { ACCEPTED_ALGORITHMS } from '../objects/identity-provider.ts';
import { StorageUnavailable } from '../exchange/ports.ts';
import type { AppDeps, AppEnv } from './deps.ts';
import { oauthError } from './oauth-error.ts';
import { AUTHORIZATION_PATH } from './paths.ts';
import { answerDocument, publicDocument } from './public-document.ts';
import { CLIENT_CREDENTIALS_GRANT, JWT_BEARER_GRANT, TOKEN_EXCHANGE_GRANT } from './token-request.ts';

/** Scopes of this service's own API; those of other APIs are the operators' and not listed. */
const OWN_SCOPES = ['openid', 'iam:read', 'iam:write', 'iam:admin', 'tokens:introspect'];
const CLAIMS =
  'iss sub aud exp iat nbf jti act client_id scope roles organisation service_account project federated_identity access_credential upstream'.split(
    ' ',
  );

/** `GET /.well-known/openid-configuration` and `/.well-known/oauth-authorization-server`. */
export function discoveryHandler(deps: AppDeps): Handler<AppEnv> {
  return async (c) => {
    const { issuerUrl } = deps.config;
    if (issuerUrl === null || faultsOf(deps.config, ['ISSUER_URL', ...KEY_SETTINGS]).length > 0)
      return unconfigured(c, deps);
    const document = await publicDocument({
      issuer: issuerUrl,
      jwks_uri: `${issuerUrl}/.well-known/jwks.json`,
      // Nobody signs in here, but Discovery 1.0 §3 requires the member, and some clients read no document without it.
      authorization_endpoint: `${issuerUrl}${AUTHORIZATION_PATH}`,
      token_endpoint: `${issuerUrl}/oidc/token`,
      introspection_endpoint: `${issuerUrl}/oidc/introspect`,
      // `Bearer` is the name of a token type, which RFC 8414 §2 allows here.
      introspection_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'Bearer'],
      revocation_endpoint: `${issuerUrl}/oidc/revoke`,
      // Whoever has a token may revoke it; a client that authenticates besides does no harm.
      revocation_endpoint_auth_methods_supported: ['none', 'client_secret_basic', 'client_secret_post'],
      grant_types_supported: [TOKEN_EXCHANGE_GRANT, JWT_BEARER_GRANT, CLIENT_CREDENTIALS_GRANT],
      response_types_supported: ['id_token'],
      response_modes_supported: ['form_post'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: deps.signingAlgorithms,
      token_endpoint_auth_methods_supported: ['none', 'private_key_jwt', 'client_secret_basic', 'client_secret_post'],
      // Of client assertions; which of them an issuer's may have is its provider's to say.
      token_endpoint_auth_signing_alg_values_supported: ACCEPTED_ALGORITHMS,
      scopes_supported: OWN_SCOPES,
      claims_supported: CLAIMS,
    });
    return answerDocument(c, document);
  };
}

/** The authorization endpoint, which serves no response type (RFC 6749 §4.1.2.1); a browser is sent nowhere. */
export const authorizationHandler: Handler<AppEnv> = (c) => {
  const message = `nobody signs in here: exchange the ID token of a workload at the token endpoint with grant_type=${TOKEN_EXCHANGE_GRANT}`;
  const body = { error: 'unsupported_response_type', error_description: message, message };
  return c.json({ ...body, request_id: c.get('requestId') }, 400);
};

/** `GET /.well-known/jwks.json`: public keys only. */
export function jwksHandler(deps: AppDeps): Handler<AppEnv> {
  return async (c) => {
    if (faultsOf(deps.config, ['DB', ...KEY_SETTINGS]).length > 0) return unconfigured(c, deps);
    try {
      const keys = await deps.publishedKeys(Math.floor(deps.now()));
      if (!keys.ok) return unconfigured(c, deps, keys.error);
      return answerDocument(c, await publicDocument({ keys: keys.value }));
    } catch (error) {
      if (!(error instanceof StorageUnavailable)) throw error;
      deps.log({
        level: 'error',
        event: 'jwks.unavailable',
        detail: String(error.cause),
        request_id: c.get('requestId'),
      });
      return oauthError(c, denial('storage_unavailable', 'storage is unavailable at the moment; try again'), 'none');
    }
  };
}

function unconfigured(c: Context<AppEnv>, deps: AppDeps, why?: StatedDenial): Response {
  const denied =
    why ??
    denial(
      'configuration_invalid',
      'this deployment is not fully configured; its operator finds what is missing at /readyz',
      deps.config.faults.map((fault) => fault.detail).join('; '),
    );
  deps.log({ level: 'error', event: denied.reason, detail: denied.detail, request_id: c.get('requestId') });
  return oauthError(c, denied, 'none');
}
