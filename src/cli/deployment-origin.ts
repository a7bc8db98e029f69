// The address of a deployment as a person gives it: https, and nothing behind the host.

import { usageFailure } from './failure.ts';

/** The origin, without a trailing slash. Throws a usage failure for what cannot be the address of a deployment. */
export function originOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !['https:', 'http:'].includes(url.protocol))
    throw usageFailure(
      `${JSON.stringify(text)} is not the address of a deployment.`,
      'It looks like https://tokens.example.com.',
    );
  if (url.protocol === 'http:' && !['localhost', '127.0.0.1', '[::1]'].includes(url.hostname))
    throw usageFailure(`${url.origin} would send tokens unencrypted.`, 'Use https; http is for localhost only.');
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '' || url.pathname !== '/')
    throw usageFailure('The address of a deployment has no path, query or credentials.', `Try ${url.origin}.`);
  return url.origin;
}
