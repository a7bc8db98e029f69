// Reads the access credential of a client, by HTTP Basic or in the body (RFC 6749 §2.3.1); believes nothing of it.

import type { ClientCredential } from '../exchange/authenticate-credential.ts';
import type { TokenParameters } from './token-parameters.ts';

/** The two halves of a Basic header; either may be empty. */
export interface BasicCredential {
  readonly user: string;
  readonly password: string;
}

/** True if a header is of the scheme Basic, damaged or not. */
export function isBasic(authorization: string | null): authorization is string {
  return authorization !== null && /^Basic(?: |$)/i.test(authorization);
}

/** The halves of HTTP Basic, which are form-encoded (RFC 6749 §2.3.1); null if the header is of another scheme or damaged. */
export function basicCredential(authorization: string): BasicCredential | null {
  const encoded = /^Basic +([A-Za-z0-9+/]+={0,2})$/i.exec(authorization)?.[1];
  if (encoded === undefined) return null;
  try {
    const text = atob(encoded);
    const colon = text.indexOf(':');
    if (colon === -1) return null;
    const [user = '', password = ''] = [text.slice(0, colon), text.slice(colon + 1)].map((half) =>
      decodeURIComponent(half.replaceAll('+', ' ')),
    );
    return { user, password };
  } catch {
    return null;
  }
}

/** The access credential of a request, from its header or else its body; null if it has none, or half of one. */
export function clientCredential(authorization: string | null, parameters: TokenParameters): ClientCredential | null {
  if (authorization === null) {
    const accessKey = parameters.get('client_id');
    const accessSecret = parameters.get('client_secret');
    return accessKey === null || accessSecret === null ? null : { accessKey, accessSecret };
  }
  const basic = basicCredential(authorization);
  return basic === null || basic.user === '' || basic.password === ''
    ? null
    : { accessKey: basic.user, accessSecret: basic.password };
}
