// Takes the bearer token out of a request's headers (RFC 6750 §2.1); looks nowhere else, since addresses and bodies are logged.

import { AccessTokenError } from './access-token-error.ts';

/**
 * The token of `Authorization: Bearer …`. Throws AccessTokenError: 401 if there is none, 400 if it is malformed.
 *
 * @example
 * ```ts
 * import { bearerToken } from '@cambist/sdk/verify';
 *
 * const token = bearerToken(new Headers({ authorization: 'Bearer eyJ…' }));
 * ```
 */
export function bearerToken(headers: Headers): string {
  const value = headers.get('authorization');
  const [scheme = '', ...rest] = (value ?? '').split(' ');
  if (scheme.toLowerCase() !== 'bearer') {
    throw new AccessTokenError('invalid_token', 'token_missing', 'an access token is needed: Authorization: Bearer …');
  }
  const token = rest.join(' ').trim();
  // Two headers arrive as one with a comma, which no token has (RFC 6750 §2.1 b64token).
  if (!/^[\w.~+/-]+=*$/.test(token)) {
    const description = 'the Authorization header must be Bearer and one token';
    throw new AccessTokenError('invalid_request', 'credentials_malformed', description);
  }
  return token;
}
