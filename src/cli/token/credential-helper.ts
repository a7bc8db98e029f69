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

/** The lines that git sends, by their key. */
export function readGitRequest(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    text
      .split('\n')
      .map((line) => line.split('='))
      .filter(([key]) => key !== undefined && /^[a-z]+$/.test(key))
      .map(([key, ...value]) => [key, value.join('=')]),
  );
}

/** Whether git may have the token for what it asks: one of our hosts, and never in the clear but on loopback. */
export function mayGitHave(asked: Readonly<Record<string, string>>, hosts: readonly string[]): boolean {
  const { protocol, host = '' } = asked as { protocol?: string; host?: string };
  if (!hosts.includes(host.toLowerCase())) return false;
  return protocol === 'https' || (protocol === 'http' && /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/.test(host));
}

/** The host of a registry as docker writes it, with or without a scheme and a path. */
export function registryHost(serverUrl: string): string {
  const [host = ''] = serverUrl
    .trim()
    .replace(/^https?:\/\//, '')
    .split('/');
  return host.toLowerCase();
}

/** Hosts as they are compared. Throws a usage failure for one that is an address with a scheme or a path, or is empty. */
export function readHosts(hosts: readonly string[]): readonly string[] {
  for (const host of hosts)
    if (!/^(\[[\da-f:]+\]|[\w.-]+)(:\d{1,5})?$/i.test(host))
      throw usageFailure(`${JSON.stringify(host)} is not a host.`, 'Write it as registry.example.com or host:port.');
  return hosts.map((host) => host.toLowerCase());
}
