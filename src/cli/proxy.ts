// Which proxy a request goes through, by the variables that curl and most programs read; sends nothing.

import { CliFailure } from './failure.ts';
import { PROXY_NODES } from './limits.ts';

type Variables = Readonly<Record<string, string | undefined>>;

export interface Proxy {
  /** The variable that names it. */
  readonly variable: string;
  /** May hold a password. */
  readonly address: string;
  /** Without a password, for messages. */
  readonly origin: string;
}

/** What a proxy calls this machine, or reaches as its own metadata service, is another one. */
const DIRECT =
  /^(?:localhost|127\.0\.0\.1|\[::1\]|169\.254\.\d+\.\d+|\[fe80:.*\]|\[fd00:ec2::\w+\]|metadata\.google\.internal)$/;

/** The proxy for an address; null if there is none. NO_PROXY may still lead past it. Throws a CliFailure for one that is none. */
export function proxyFor({ protocol, hostname }: URL, variables: Variables): Proxy | null {
  if (DIRECT.test(hostname)) return null;
  const names = protocol === 'https:' ? ['https_proxy', 'HTTPS_PROXY'] : ['http_proxy', 'HTTP_PROXY'];
  const variable = names.find((name) => (variables[name] ?? '') !== '');
  if (variable === undefined) return null;
  const given = variables[variable] ?? '';
  const address = given.includes('://') ? given : `http://${given}`;
  const url = URL.parse(address);
  // An agent passes by what it does not understand, and what should go through a proxy would go directly.
  if (url === null || !['http:', 'https:'].includes(url.protocol))
    throw new CliFailure(`${variable} is not the address of an http proxy.`, { code: 'usage' });
  return { variable, address, origin: `${url.protocol}//${url.host}` };
}

/** True if this Node.js can send requests through a proxy. */
export function knowsProxies(version: string = process.versions.node): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [[newest]] = PROXY_NODES;
  return major > newest || PROXY_NODES.some(([line, from]) => major === line && minor >= from);
}
