// Turns the address a user gives into the endpoints of a deployment; refuses addresses to which a token must not be sent.

import { TokenExchangeError } from './errors.ts';

const LOOPBACK: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * The address of an endpoint of the deployment at `url`, its ISSUER_URL, with or without a trailing slash.
 * Throws `invalid_options` for anything else: a path that is not the endpoint's, or `http:` beyond loopback.
 */
export function endpointOf(url: string | URL, path: '/oidc/token' | '/oidc/revoke'): string {
  const parsed = parse(url);
  if (parsed === null) throw wrong('url must be the address of a deployment, such as https://cambist.example.com');
  if (parsed.username !== '' || parsed.password !== '') throw wrong('url must not contain a user name or password');
  if (parsed.protocol !== 'https:' && !(parsed.protocol === 'http:' && LOOPBACK.has(parsed.hostname))) {
    throw wrong('url must be https, so that no token is sent in clear; http is for loopback only');
  }
  if (parsed.search !== '' || parsed.hash !== '') throw wrong('url must have no query and no fragment');
  if (!['/', path].includes(parsed.pathname)) {
    throw wrong(`url must be the deployment's address without a path: ${parsed.origin}`);
  }
  return parsed.origin + path;
}

function parse(url: unknown): URL | null {
  try {
    return typeof url === 'string' || url instanceof URL ? new URL(url) : null;
  } catch {
    return null;
  }
}

function wrong(description: string): TokenExchangeError {
  return new TokenExchangeError({ code: 'invalid_options', description });
}
