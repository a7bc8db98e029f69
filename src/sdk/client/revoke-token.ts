// Revokes an access token by its possession (RFC 7009); learns nothing about it, since the answer says nothing.

import { endpointOf } from './deployment-address.ts';
import { TokenExchangeError } from './errors.ts';
import { postForm } from './post-form.ts';
import type { RequestOptions } from './post-form.ts';

/**
 * Which token to revoke, and how to ask.
 *
 * @example
 * ```ts
 * import type { RevokeOptions } from '@cambist/sdk';
 *
 * const options: RevokeOptions = { url: 'https://cambist.example.com', token: 'eyJ…' };
 * ```
 */
export interface RevokeOptions extends RequestOptions {
  /** The deployment that issued the token: its ISSUER_URL. */
  readonly url: string | URL;
  readonly token: string;
}

/**
 * Revokes the token; one that is unknown or expired is as good as revoked (RFC 7009 §2.2). Throws TokenExchangeError.
 *
 * @example
 * ```ts
 * import { revokeToken } from '@cambist/sdk';
 *
 * await revokeToken({ url: 'https://cambist.example.com', token: 'eyJ…' });
 * ```
 */
export async function revokeToken(options: RevokeOptions): Promise<void> {
  const endpoint = endpointOf(options.url, '/oidc/revoke');
  if (typeof options.token !== 'string' || options.token === '') {
    throw new TokenExchangeError({ code: 'invalid_options', description: 'token must be the token to revoke' });
  }
  await postForm(endpoint, new URLSearchParams({ token: options.token }), [options.token], options);
}
