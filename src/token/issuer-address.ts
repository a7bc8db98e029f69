// What an issuer identifier may look like, and which addresses this service may ever ask for keys; fetches and resolves nothing.

import type { PresetName } from '../platforms/preset.ts';
import { trustDomainOf } from './issuer.ts';
import { MAX_ISSUER_CHARS } from './limits.ts';

export interface AddressRules {
  /** Lets `http:` through on exactly `localhost`, `127.0.0.1` and `[::1]` (ALLOW_LOOPBACK_ISSUERS). */
  readonly allowLoopback: boolean;
  /** Every origin that this deployment answers on. */
  readonly ownOrigins: readonly string[];
}

export interface IssuerRules extends AddressRules {
  /** Keys are given by hand: nothing is fetched, so any name will do that a token can have. */
  readonly localJwks: boolean;
  readonly preset: PresetName;
}

const LOOPBACK_HOSTS: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);
const LOCAL_SUFFIXES = [
  '.localhost',
  '.local',
  '.internal',
  '.lan',
  '.home.arpa',
  '.localdomain',
  '.svc',
  '.cluster.local',
] as const;
const DNS_NAME = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i;

/** What is wrong with an issuer as it is registered, as a phrase that follows its name; null if nothing is (contract §5.1). */
export function issuerFault(issuer: string, rules: IssuerRules): string | null {
  if (issuer.startsWith('spiffe:')) {
    if (rules.preset !== 'spiffe') return 'may be a spiffe:// trust domain only with the preset spiffe';
    return trustDomainOf(issuer) === issuer
      ? null
      : 'must be spiffe:// and a trust domain in lower case, without a path';
  }
  const meant = issuerOfMetadataUrl(issuer);
  if (meant !== null) {
    return `must be the issuer itself and not the address of its discovery document: ${meant}, or with a slash at its end, exactly as the document's own member issuer says`;
  }
  return rules.localJwks ? stringOrUriFault(issuer, rules) : urlFault(issuer, rules, { query: false });
}

/** RFC 3986 §2: what a URI may consist of. A fragment is looked at by nobody here. */
const URI = /^[a-z][a-z0-9+.-]*:(?:[\w\-.~:/?#[\]@!$&'()*+,;=]|%[0-9a-f]{2})*$/i;

/** What is wrong with an issuer that nothing is fetched from: any StringOrURI may be one (RFC 7519 §2), such as `kubernetes`. */
function stringOrUriFault(value: string, { ownOrigins }: AddressRules): string | null {
  if (value.length > MAX_ISSUER_CHARS) return `must be at most ${MAX_ISSUER_CHARS} characters long`;
  if (value === '' || value.trim() !== value || /\p{Cc}/u.test(value))
    return 'must not be empty, or start or end with white space, or contain control characters';
  if (value.includes(':') && !URI.test(value)) return 'must be a URI if it contains a colon (RFC 7519 section 2)';
  const parsed = URL.parse(value);
  return parsed !== null && ownOrigins.some((origin) => isSameServer(parsed, origin))
    ? 'must not be this deployment itself'
    : null;
}

/** The issuer whose metadata an address is (Discovery 1.0 §4, RFC 8414 §3); null for any other address. */
function issuerOfMetadataUrl(address: string): string | null {
  const [, origin = '', before = '', after = ''] =
    /^([^/]+:\/\/[^/?#]*)([^?#]*)\/\.well-known\/(?:openid-configuration|oauth-authorization-server)(\/[^?#]*)?\/?(?:[?#].*)?$/i.exec(
      address,
    ) ?? [];
  if (origin === '') return null;
  return `${origin}${before}${after}`.replace(/\/+$/, '');
}

/** What forbids this service to fetch an address, as a phrase that follows its name; null if nothing does (contract §6). */
export function fetchableUrlFault(url: string, rules: AddressRules): string | null {
  return urlFault(url, rules, { query: true });
}

/** Where the discovery document of an issuer is (OpenID Connect Discovery 1.0 §4.1). */
export function discoveryUrl(issuer: string): string {
  return `${issuer.endsWith('/') ? issuer.slice(0, -1) : issuer}/.well-known/openid-configuration`;
}

function urlFault(url: string, rules: AddressRules, allowed: { query: boolean }): string | null {
  if (url.length > MAX_ISSUER_CHARS) return `must be at most ${MAX_ISSUER_CHARS} characters long`;
  if (!/^[\x21-\x7E]*$/.test(url)) return 'must not contain white space, control or non-ASCII characters';
  if (url.includes('\\')) return 'must not contain a backslash';
  const [, scheme = '', authority = '', path = '', rest = ''] =
    /^([^:/?#]+):\/\/([^/?#]*)([^?#]*)(.*)$/.exec(url) ?? [];
  if (scheme !== 'https' && scheme !== 'http') return 'must be an https URL';
  if (authority.includes('@')) return 'must not contain a user name or password';
  if (rest.includes('#')) return 'must not have a fragment';
  if (rest !== '' && !allowed.query) return 'must not have a query';
  const host = hostOf(authority);
  if (host === null) return 'must name a host, and after it at most a port';
  const parsed = URL.parse(url);
  if (parsed === null) return 'must be a URL';

  const isLoopback = scheme === 'http' && rules.allowLoopback && LOOPBACK_HOSTS.has(host);
  if (scheme === 'http' && !isLoopback) return 'must be an https URL';
  const fault = isLoopback ? null : hostFault(host);
  if (fault !== null) return fault;
  // What was checked must be what is fetched: the parser may not have read another host or path into it.
  if (parsed.hostname !== host.toLowerCase() || parsed.pathname !== (path === '' ? '/' : path))
    return 'must be written as it is fetched: without dot segments or unescaped characters';
  return rules.ownOrigins.some((origin) => isSameServer(parsed, origin)) ? 'must not be this deployment itself' : null;
}

/** The host as written, without its port; null if the authority is no host and port. */
function hostOf(authority: string): string | null {
  const [, host = ''] = /^(\[[^\]]*\]|[^:[\]]*)(?::\d{1,5})?$/.exec(authority) ?? [];
  return host === '' ? null : host;
}

function hostFault(host: string): string | null {
  const name = (host.endsWith('.') ? host.slice(0, -1) : host).toLowerCase();
  // A last label that starts like a number makes the URL parser read an IPv4 address, in decimal, octal or hex.
  if (host.startsWith('[') || /(?:^|\.)(?:\d+|0x[0-9a-f]*)$/.test(name)) return 'must name a host, not an IP address';
  if (isLocalName(name)) return 'must be a public host name, unless its keys are given in localJwks';
  if (host.endsWith('.')) return 'must not have a dot after the host name';
  if (host.length > 253 || !DNS_NAME.test(host))
    return 'must name a host in ASCII; write an international name as xn--';
  return null;
}

function isLocalName(name: string): boolean {
  return !name.includes('.') || LOCAL_SUFFIXES.some((suffix) => `.${name}`.endsWith(suffix));
}

/** Cloudflare answers for a host on several ports, so elsewhere than on loopback the host alone decides. */
function isSameServer(url: URL, ownOrigin: string): boolean {
  const own = URL.parse(ownOrigin);
  if (own === null) return false;
  if (LOOPBACK_HOSTS.has(own.hostname) && LOOPBACK_HOSTS.has(url.hostname)) return own.port === url.port;
  return own.hostname.replace(/\.$/, '') === url.hostname.replace(/\.$/, '');
}
