// What docker and git ask a credential helper, and which hosts may get the token; gets no token itself.

import { usageFailure } from '../failure.ts';

/** The operation a helper was called for; git and docker add it to the command line. */
export type HelperOperation = 'get' | 'other';

/** `get`, or one that a helper without memory has nothing to do for: with git any other (gitcredentials(7)). Throws a usage failure else. */
export function readOperation(words: readonly string[], isDocker: boolean): HelperOperation {
  const [word = 'get', ...rest] = words;
  if (rest.length > 0 || (isDocker && !['get', 'store', 'erase', 'list'].includes(word)))
    throw usageFailure(`Unexpected argument ${JSON.stringify([word, ...rest].join(' '))}.`);
  return word === 'get' ? 'get' : 'other';
}

/**
 * The lines that git sends before an empty one, by their key. None if a key is there twice: an old git can be made to send a
 * second host (CVE-2020-5260), and takes what we give for the first.
 */
export function readGitRequest(text: string): Readonly<Record<string, string>> {
  const [attributes = ''] = text.split('\n\n');
  const pairs = attributes
    .split('\n')
    .map((line) => line.split('='))
    .filter(([key]) => key !== undefined && /^[a-z_]+$/.test(key))
    .map(([key = '', ...value]) => [key, value.join('=')] as const);
  return new Set(pairs.map(([key]) => key)).size === pairs.length ? Object.fromEntries(pairs) : {};
}

/** Whether git may have the token for what it asks: one of our hosts, and never in the clear but on loopback. */
export function mayGitHave(asked: Readonly<Record<string, string>>, hosts: readonly string[]): boolean {
  const { protocol, host = '' } = asked as { protocol?: string; host?: string };
  if (!hosts.includes(host.toLowerCase())) return false;
  return protocol === 'https' || (protocol === 'http' && isLoopback(host));
}

/** Whether docker may have the token for a registry, written with or without a scheme and a path; never in the clear as above. */
export function mayDockerHave(serverUrl: string, hosts: readonly string[]): boolean {
  const [, scheme, host = ''] = /^(https?:\/\/)?([^/]*)/.exec(serverUrl.trim().toLowerCase()) ?? [];
  return hosts.includes(host) && (scheme !== 'http://' || isLoopback(host));
}

function isLoopback(host: string): boolean {
  return /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i.test(host);
}

/** Hosts as they are compared. Throws a usage failure for one that is an address with a scheme or a path, or is empty. */
export function readHosts(hosts: readonly string[]): readonly string[] {
  for (const host of hosts)
    if (!/^(\[[\da-f:]+\]|[\w.-]+)(:\d{1,5})?$/i.test(host))
      throw usageFailure(`${JSON.stringify(host)} is not a host.`, 'Write it as registry.example.com or host:port.');
  return hosts.map((host) => host.toLowerCase());
}
